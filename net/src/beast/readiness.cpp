#include "net/src/beast/readiness.hpp"

#include <sys/epoll.h>

#include <cerrno>
#include <system_error>

namespace callsign::beast {

namespace {

[[nodiscard]] epoll_event event_of(pollable& who, readiness::wish what) noexcept {
  epoll_event e{};
  const auto wanted = static_cast<unsigned>(what);
  e.events = ((wanted & 1U) != 0 ? static_cast<std::uint32_t>(EPOLLIN) : 0U) |
             ((wanted & 2U) != 0 ? static_cast<std::uint32_t>(EPOLLOUT) : 0U);
  e.data.ptr = &who;
  return e;
}

} // namespace

readiness::readiness() : set_{::epoll_create1(EPOLL_CLOEXEC)} {
  if (!set_)
    throw std::system_error{errno, std::generic_category(), "epoll_create1"};
}

void readiness::add(int fd, pollable& who, wish what) {
  auto e = event_of(who, what);
  if (::epoll_ctl(set_.get(), EPOLL_CTL_ADD, fd, &e) != 0)
    throw std::system_error{errno, std::generic_category(), "epoll_ctl"};
}

void readiness::change(int fd, pollable& who, wish what) noexcept {
  auto e = event_of(who, what);
  // Fails for a descriptor that is not in the set, and for nothing else.
  ::epoll_ctl(set_.get(), EPOLL_CTL_MOD, fd, &e);
}

void readiness::remove(int fd, pollable& who) noexcept {
  ::epoll_ctl(set_.get(), EPOLL_CTL_DEL, fd, nullptr);
  for (std::size_t i = next_; i < found_count_; ++i) {
    if (found_[i].who == &who)
      found_[i].who = nullptr;
  }
}

std::size_t readiness::poll(std::size_t bytes) noexcept {
  if (next_ == found_count_) {
    std::array<epoll_event, most> events;
    const int count = ::epoll_wait(set_.get(), events.data(), static_cast<int>(most), 0);
    next_ = 0;
    found_count_ = count > 0 ? static_cast<std::size_t>(count) : 0;
    for (std::size_t i = 0; i < found_count_; ++i)
      found_[i] = {static_cast<pollable*>(events[i].data.ptr), events[i].events};
  }
  std::size_t told = 0;
  for (std::size_t read = 0; next_ < found_count_ && read < bytes; ++told) {
    const finding one = found_[next_++];
    if (one.who != nullptr)
      read += one.who->ready(one.events);
  }
  return told;
}

} // namespace callsign::beast
