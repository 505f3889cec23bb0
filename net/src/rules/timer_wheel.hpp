/// \file
/// Many deadlines, one timer. A pure machine.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <vector>

namespace callsign::rules {

using time_point = std::chrono::steady_clock::time_point;
using duration = std::chrono::steady_clock::duration;

class timer_wheel;

/// One deadline in a wheel; at most one at a time. Disarms itself when destroyed.
class wheel_timer {
public:
  explicit wheel_timer(std::function<void()> due) : due_{std::move(due)} {}
  ~wheel_timer() { disarm(); }
  wheel_timer(const wheel_timer&) = delete;
  wheel_timer& operator=(const wheel_timer&) = delete;

  [[nodiscard]] bool is_armed() const noexcept { return wheel_ != nullptr; }
  [[nodiscard]] time_point deadline() const noexcept { return deadline_; }
  void disarm() noexcept;

private:
  friend class timer_wheel;
  std::function<void()> due_;
  timer_wheel* wheel_ = nullptr;
  wheel_timer* next_ = nullptr;
  wheel_timer* prev_ = nullptr;
  std::size_t slot_ = 0;
  time_point deadline_{};
};

/// A hashed wheel with a coarse tick: arming and disarming cost the same however many there are. A
/// timer fires at its deadline or up to one tick later, never before.
///
/// @context one thread
/// @units   64 ms a tick, 1024 slots; longer deadlines go round again
class timer_wheel {
public:
  static constexpr std::chrono::milliseconds tick{64};

  explicit timer_wheel(time_point now);
  ~timer_wheel();
  timer_wheel(const timer_wheel&) = delete;
  timer_wheel& operator=(const timer_wheel&) = delete;

  /// Sets the deadline of `what`, in place of an earlier one.
  void arm(wheel_timer& what, time_point deadline);

  /// Fires everything whose deadline is at or before `now`, in order of slots. Timers may be armed
  /// and disarmed by what fires. @returns how many fired
  /// @errors  what a timer throws; the next call fires the rest
  std::size_t advance(time_point now);

  /// When `advance` should be called next; nothing when nothing is armed. May be early, never late
  /// by more than a tick.
  [[nodiscard]] std::optional<time_point> next() const;

  [[nodiscard]] std::size_t size() const noexcept { return size_; }

private:
  friend class wheel_timer;
  static constexpr std::size_t slot_count = 1024;

  [[nodiscard]] std::uint64_t tick_of(time_point when) const noexcept;
  void unlink(wheel_timer& what) noexcept;

  time_point start_;
  std::uint64_t now_tick_ = 0;
  std::size_t size_ = 0;
  std::vector<wheel_timer*> slots_;
};

} // namespace callsign::rules
