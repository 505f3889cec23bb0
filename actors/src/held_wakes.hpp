/// \file
/// Wake-ups of workers that wait until a thread has said everything.
#pragma once

#include <caf/resumable.hpp>

#include <array>
#include <cstddef>

namespace callsign::detail {

/// While it lives, workers of the pool that this thread wakes begin only when it ends. A thread
/// that has hundreds of messages for a worker gives it all of them at once, instead of the first
/// one alone, for which a thread of the pool would be woken and go to sleep again.
///
/// @context one thread; short stretches. Who waits in one calls `release_here` before
class held_wakes {
public:
  explicit held_wakes(caf::actor_system& system) noexcept;
  ~held_wakes();
  held_wakes(const held_wakes&) = delete;
  held_wakes& operator=(const held_wakes&) = delete;

  /// Takes over one reference. False: nothing is held here for actors of `home`, or enough is.
  [[nodiscard]] static bool take(const caf::actor_system& home, caf::resumable* who) noexcept;

  /// Lets begin what this thread has woken so far: it is about to wait, perhaps for one of them.
  static void release_here() noexcept;

private:
  void release() noexcept;

  caf::actor_system& system_;
  held_wakes* before_;
  std::array<caf::resumable*, 8> held_{};
  std::size_t count_ = 0;
};

} // namespace callsign::detail
