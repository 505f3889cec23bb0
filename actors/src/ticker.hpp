/// \file
/// What is behind a timer.
#pragma once

#include "actors/src/incarnation.hpp"
#include "actors/src/timers.hpp"

#include <callsign/timer.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <source_location>
#include <string>

namespace callsign::detail {

/// Ticks in one incarnation, or under a name. At most one of its ticks waits or runs at any time.
/// @context any thread
class ticker final : public deadline, public std::enable_shared_from_this<ticker> {
public:
  using duration = std::chrono::steady_clock::duration;

  using plan = timer_plan;

  /// `in` empty: by name.
  ticker(worker_system& system, std::optional<port> in, std::string name, plan when, task what,
         std::source_location where);

  /// @errors `std::invalid_argument`
  static void check_period(duration period, const std::source_location& where);

  void start();
  void cancel() noexcept;
  [[nodiscard]] bool is_active() const noexcept { return active_.load(std::memory_order_acquire); }
  [[nodiscard]] std::uint64_t missed() const noexcept { return missed_.load(); }

  void due() noexcept override;
  void abandoned() noexcept override { forget(); }

  /// No tick runs any more, so what the closure holds can go, even this timer's own address.
  void forget() noexcept;

private:
  /// One tick in a mailbox.
  struct tick;

  void run(worker& self);
  void end_of_tick() noexcept;
  void arm_again();

  worker_system& system_;
  const std::optional<port> in_;
  const std::string name_;
  const plan plan_;
  task what_; ///< touched by ticks only, which never overlap
  const std::source_location where_;
  time_point next_; ///< touched by whoever may arm
  std::atomic<bool> active_{true};
  std::atomic<bool> is_ticking_{false};
  std::atomic<std::uint64_t> missed_{0};
};

} // namespace callsign::detail
