/// \file
/// The deadlines of a set of workers, and who keeps them.
#pragma once

#include "actors/src/clock_source.hpp"
#include "actors/src/deadlines.hpp"

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

namespace callsign::detail {

/// One heap for all deadlines and timers of a set, and one thread, which starts with the first of
/// them. In a deterministic system nothing starts: the test lets time pass and runs what is due.
///
/// @context any thread
class timers {
public:
  using time_point = deadline::time_point;
  enum class driver { thread, test };

  timers(std::shared_ptr<clock_source> clock, driver by);
  ~timers();
  timers(const timers&) = delete;
  timers& operator=(const timers&) = delete;

  /// When everything has ended already, it is abandoned at once.
  void arm(std::shared_ptr<deadline> what, time_point when);
  /// True: it was armed, and will not be called. False: it was not, or is being called.
  bool disarm(deadline& what) noexcept;
  /// Calls what is due now. Answers how many. @context the driver
  std::size_t run_due();
  [[nodiscard]] std::optional<time_point> next() const;
  /// What all of them have cost, see `deadlines`.
  [[nodiscard]] std::uint64_t comparisons() const;
  [[nodiscard]] time_point now() const noexcept { return clock_->now(); }
  /// Abandons all that is armed, and whatever comes later.
  void stop();

private:
  void turn();

  const std::shared_ptr<clock_source> clock_;
  const driver driver_;
  mutable std::mutex lock_;
  std::condition_variable changed_;
  deadlines armed_;
  time_point wakes_at_ = time_point::max(); ///< the thread's plan
  bool is_over_ = false;
  std::thread thread_;
};

} // namespace callsign::detail
