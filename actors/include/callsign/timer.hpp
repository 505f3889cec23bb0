/// \file
/// Calls that come later, or again and again.
#pragma once

#include <cstdint>
#include <memory>

namespace callsign {

namespace detail {
class ticker;
}

/// How a repeating timer keeps its time.
enum class pace {
  fixed_rate,  ///< from beginning to beginning; a tick that cannot begin because the one before has
               ///< not ended is left out and counted
  fixed_delay, ///< from the end of one to the beginning of the next
};

/// The address of something that runs later. It may be kept or let go; the timer does not mind.
///
/// @context any thread
/// @source  4D has no timers; this is rule W-53's delayed and repeating post
class timer {
public:
  timer() noexcept = default;
  explicit timer(std::shared_ptr<detail::ticker> what) noexcept : what_{std::move(what)} {}

  /// No tick begins after this, not even one that waits in the mailbox already. Again, or after the
  /// last tick, it does nothing.
  /// @order called in the worker in which the timer ticks, or before it: none. From elsewhere a
  /// tick that has begun goes on to its end.
  void cancel() const;
  /// Whether another tick may come.
  [[nodiscard]] bool is_active() const noexcept;
  /// How many ticks of a fixed rate were left out.
  [[nodiscard]] std::uint64_t missed() const noexcept;

private:
  std::shared_ptr<detail::ticker> what_;
};

} // namespace callsign
