/// \file
/// Sees when a worker has been idle for long enough.
#pragma once

#include "actors/src/incarnation.hpp"
#include "actors/src/timers.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>

namespace callsign::detail {

/// One for each incarnation that may be passivated. It is armed once and then only when it has
/// come, not each time the worker has something to do.
/// @context any thread, except where said
class nap final : public deadline, public std::enable_shared_from_this<nap> {
public:
  /// The slot lives as long as the set.
  nap(worker_system& system, slot& whose, worker_number number)
      : system_{system}, whose_{whose}, number_{number} {}

  /// The worker has nothing to do. @context the worker
  void begin(std::chrono::nanoseconds after, std::uint64_t handled);
  /// No longer armed. @context the worker
  void forget() noexcept;

  /// Has the worker look for itself, as an entry of its own, whether it is idle still.
  void due() noexcept override;

private:
  [[nodiscard]] time_point when() const noexcept {
    return time_point{time_point::duration{since_.load(std::memory_order_relaxed)}} +
           std::chrono::nanoseconds{after_.load(std::memory_order_relaxed)};
  }

  worker_system& system_;
  slot& whose_;
  const worker_number number_;
  std::atomic<bool> is_armed_{false};
  std::atomic<std::int64_t> since_{0};
  std::atomic<std::int64_t> after_{0};
  std::atomic<std::uint64_t> handled_{0}; ///< by the worker, when the nap began
};

} // namespace callsign::detail
