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
  [[nodiscard]] bool is_exceeded() const noexcept { return used() > limit_; }
  [[nodiscard]] std::size_t used() const noexcept { return used_.load(std::memory_order_relaxed); }

private:
  const std::size_t limit_;
  std::atomic<std::size_t> used_{0};
};

} // namespace callsign::detail
