#include "net/src/beast/epoll_inlet.hpp"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <cerrno>
#include <system_error>

namespace callsign::beast {

namespace {

/// What one read takes at most.
constexpr std::size_t read_size = 64 * 1024;

[[nodiscard]] epoll_event event_of(pollable& who, bool reads, bool writes) noexcept {
  epoll_event e{};
  e.events = (reads ? static_cast<std::uint32_t>(EPOLLIN) : 0U) |
             (writes ? static_cast<std::uint32_t>(EPOLLOUT) : 0U);
  e.data.ptr = &who;
  return e;
}

} // namespace

epoll_inlet::epoll_inlet() : set_{::epoll_create1(EPOLL_CLOEXEC)}, buffer_(read_size) {
  if (!set_)
    throw std::system_error{errno, std::generic_category(), "epoll_create1"};
}

void epoll_inlet::add(int fd, pollable& who, wish what) {
  set_wish(who, what);
  auto e = event_of(who, reads(what), writes(what));
  if (::epoll_ctl(set_.get(), EPOLL_CTL_ADD, fd, &e) != 0)
    throw std::system_error{errno, std::generic_category(), "epoll_ctl"};
  watched(who) = fd;
}

void epoll_inlet::change(pollable& who, wish what) noexcept {
  if (watched(who) < 0)
    return;
  set_wish(who, what);
  auto e = event_of(who, reads(what), writes(what));
  // Fails for a descriptor that is not in the set, and for nothing else.
  ::epoll_ctl(set_.get(), EPOLL_CTL_MOD, watched(who), &e);
}

void epoll_inlet::remove(pollable& who) noexcept {
  if (watched(who) < 0)
    return;
  ::epoll_ctl(set_.get(), EPOLL_CTL_DEL, watched(who), nullptr);
  watched(who) = -1;
  for (std::size_t i = next_; i < found_count_; ++i) {
    if (found_[i].who == &who)
      found_[i].who = nullptr;
  }
}

std::size_t epoll_inlet::poll(std::size_t bytes) noexcept {
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
      read += tell(one);
  }
  return told;
}

/// Answers how many bytes were read.
std::size_t epoll_inlet::tell(const finding& one) noexcept {
  constexpr std::uint32_t broken = EPOLLERR | EPOLLHUP;
  pollable& who = *one.who;
  if ((one.events & EPOLLOUT) != 0 && writes(wish_of(who)))
    who.writable();
  if (watched(who) < 0 || (one.events & (EPOLLIN | broken)) == 0)
    return 0;
  if (reads(wish_of(who)))
    return read(who);
  if ((one.events & broken) != 0)
    who.hung_up();
  return 0;
}

std::size_t epoll_inlet::read(pollable& who) noexcept {
  const ssize_t got = ::recv(watched(who), buffer_.data(), buffer_.size(), MSG_DONTWAIT);
  if (got > 0) {
    const auto bytes = static_cast<std::size_t>(got);
    who.arrived({buffer_.data(), bytes});
    return bytes;
  }
  if (got == 0 || (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR))
    who.hung_up();
  return 0;
}

} // namespace callsign::beast
