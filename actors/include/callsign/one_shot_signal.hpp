/// \file
/// Something that happens once, and those who wait for it.
#pragma once

#include <chrono>
#include <memory>
#include <string>

namespace callsign {

/// A flag that is raised once and wakes everybody who waits for it. Copies are the same signal: it
/// is an address.
///
/// @context any thread
/// @source  4D.Signal (rules W-54 to W-58)
class one_shot_signal {
public:
  explicit one_shot_signal(std::string description = {});

  /// Raises the flag and wakes all. Again does nothing; it cannot be lowered.
  void trigger() const;
  [[nodiscard]] bool is_signaled() const noexcept;

  [[nodiscard]] std::string description() const;
  void describe(std::string text) const;

  /// Waits for the flag, at most so long. Answers the flag.
  ///
  /// @context  blocks; a worker that waits does nothing else meanwhile. When it is killed or
  /// aborted, its wait is over (rule W-80)
  /// @units    zero or less only looks
  [[nodiscard]] bool wait(std::chrono::nanoseconds limit) const;

  /// Waits for the flag, however long it takes. Answers the flag: false only if the worker that
  /// waits was killed or aborted.
  ///
  /// @context  blocks; a thread that is no worker, or a worker with a thread of its own
  /// @errors   `failure` with `errc::would_block` in the main worker, which would stand still for
  /// all (rule W-39), in a worker of the pool, and in a cooperative one
  [[nodiscard]] bool wait() const;

private:
  struct shared;
  std::shared_ptr<shared> shared_;
};

} // namespace callsign
