/// \file
/// One at a time, with a deadline.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <utility>

namespace callsign::detail {

/// What `std::timed_mutex` does, built of what ThreadSanitizer understands.
/// @context any thread
class turnstile {
public:
  /// The right to be inside; gives it back at its end.
  class pass {
  public:
    pass() noexcept = default;
    explicit pass(turnstile& of) noexcept : of_{&of} {}
    pass(pass&& other) noexcept : of_{std::exchange(other.of_, nullptr)} {}
    pass& operator=(pass&&) = delete;
    ~pass() {
      if (of_ != nullptr)
        of_->leave();
    }
    [[nodiscard]] explicit operator bool() const noexcept { return of_ != nullptr; }

  private:
    turnstile* of_ = nullptr;
  };

  /// Waits until nobody is inside. An empty pass: somebody still was at the deadline.
  [[nodiscard]] pass enter(std::chrono::steady_clock::time_point deadline) {
    std::unique_lock guard{lock_};
    if (!left_.wait_until(guard, deadline, [this] { return !is_taken_; }))
      return {};
    is_taken_ = true;
    return pass{*this};
  }

private:
  void leave() {
    {
      const std::scoped_lock guard{lock_};
      is_taken_ = false;
    }
    left_.notify_one();
  }

  std::mutex lock_;
  std::condition_variable left_;
  bool is_taken_ = false;
};

} // namespace callsign::detail
