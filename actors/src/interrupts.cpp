#include "actors/src/interrupts.hpp"

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <ctime>
#include <system_error>

#include <sys/signalfd.h>
#include <unistd.h>

namespace callsign::detail {

namespace {

constexpr int signals_read[] = {SIGINT, SIGTERM};

sigset_t both() noexcept {
  sigset_t set;
  sigemptyset(&set);
  for (const int one : signals_read)
    sigaddset(&set, one);
  return set;
}

bool is_default(const struct sigaction& how) noexcept {
  return (how.sa_flags & SA_SIGINFO) == 0 && how.sa_handler == SIG_DFL;
}

std::int64_t milliseconds_now() noexcept {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return std::int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1'000'000;
}

std::atomic<std::int64_t> ignored_until{0};
static_assert(std::atomic<std::int64_t>::is_always_lock_free, "it is read in a signal handler");

/// A tool that signals a program and its process group means one signal, not two.
void end_if_meant(int which) {
  const int before = errno;
  if (milliseconds_now() >= ignored_until.load(std::memory_order_relaxed)) {
    std::signal(which, SIG_DFL);
    std::raise(which);
  }
  errno = before;
}

} // namespace

interrupt_source::interrupt_source() {
  const sigset_t set = both();
  descriptor_ = ::signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
  if (descriptor_ < 0)
    throw std::system_error(errno, std::generic_category(), "signalfd");
  pthread_sigmask(SIG_BLOCK, &set, &before_);
}

interrupt_source::~interrupt_source() {
  while (read()) {
  }
  for (int i = 0; i < 2; ++i) {
    // In place of the default ours stays: a signal that came with the first one may be on its way.
    if (are_handlers_replaced_ && !is_default(handlers_before_[i]))
      ::sigaction(signals_read[i], &handlers_before_[i], nullptr);
    sigset_t one;
    sigemptyset(&one);
    sigaddset(&one, signals_read[i]);
    const bool was_blocked = sigismember(&before_, signals_read[i]) == 1;
    pthread_sigmask(was_blocked ? SIG_BLOCK : SIG_UNBLOCK, &one, nullptr);
  }
  ::close(descriptor_);
}

bool interrupt_source::read() noexcept {
  signalfd_siginfo info;
  return ::read(descriptor_, &info, sizeof info) == static_cast<ssize_t>(sizeof info);
}

void interrupt_source::let_the_next_end_the_process() noexcept {
  ignored_until = milliseconds_now() + 500;
  struct sigaction how {};
  how.sa_handler = end_if_meant;
  how.sa_flags = SA_RESTART;
  for (int i = 0; i < 2; ++i)
    ::sigaction(signals_read[i], &how, are_handlers_replaced_ ? nullptr : &handlers_before_[i]);
  are_handlers_replaced_ = true;
  const sigset_t set = both();
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

} // namespace callsign::detail
