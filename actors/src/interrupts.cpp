#include "actors/src/interrupts.hpp"

#include <cerrno>
#include <system_error>

#include <sys/signalfd.h>
#include <unistd.h>

namespace callsign::detail {

namespace {

sigset_t both() noexcept {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  return set;
}

}  // namespace

interrupt_source::interrupt_source() {
  const sigset_t set = both();
  descriptor_ = ::signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
  if (descriptor_ < 0) throw std::system_error(errno, std::generic_category(), "signalfd");
  pthread_sigmask(SIG_BLOCK, &set, &before_);
}

interrupt_source::~interrupt_source() {
  while (read()) {
  }
  pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  ::close(descriptor_);
}

bool interrupt_source::read() noexcept {
  signalfd_siginfo info;
  return ::read(descriptor_, &info, sizeof info) == static_cast<ssize_t>(sizeof info);
}

void interrupt_source::let_the_next_end_the_process() noexcept {
  std::signal(SIGINT, SIG_DFL);
  std::signal(SIGTERM, SIG_DFL);
  const sigset_t set = both();
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

}  // namespace callsign::detail
