/// \file
/// One budget of memory for all connections.
#pragma once

#include <atomic>
#include <cstddef>

namespace callsign::detail {

/// Bytes in outboxes and half-received messages of the whole network. @context any thread
class budget {
public:
  explicit budget(std::size_t limit) noexcept : limit_{limit} {}
  void add(std::size_t bytes) noexcept { used_.fetch_add(bytes, std::memory_order_relaxed); }
  void remove(std::size_t bytes) noexcept { used_.fetch_sub(bytes, std::memory_order_relaxed); }
  /// Of the bytes used, a line that is closing held so many and holds so many now.
  void leaving(std::size_t before, std::size_t now) noexcept {
    leaving_.fetch_add(now - before, std::memory_order_relaxed);
  }
  /// Too much is used by those who stay. What belongs to closing lines comes back within their
  /// deadline; if it counted, one client that does not answer its Close would cost all others.
  [[nodiscard]] bool is_exceeded() const noexcept {
    const std::size_t used = used_.load(std::memory_order_relaxed);
    if (used <= limit_)
      return false;
    const std::size_t leaving = leaving_.load(std::memory_order_relaxed);
    return used > leaving && used - leaving > limit_;
  }
  [[nodiscard]] std::size_t used() const noexcept { return used_.load(std::memory_order_relaxed); }

private:
  const std::size_t limit_;
  std::atomic<std::size_t> used_{0};
  std::atomic<std::size_t> leaving_{0};
};

} // namespace callsign::detail
