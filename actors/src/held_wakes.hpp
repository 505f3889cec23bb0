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
/// @context one thread; short stretches that do not wait
class held_wakes {
public:
  explicit held_wakes(caf::actor_system& system) noexcept;
  ~held_wakes();
  held_wakes(const held_wakes&) = delete;
  held_wakes& operator=(const held_wakes&) = delete;

  /// Takes over one reference. False: nothing is held here, or enough is.
  [[nodiscard]] static bool take(caf::resumable* who) noexcept;

private:
  caf::actor_system& system_;
  held_wakes* before_;
  std::array<caf::resumable*, 8> held_{};
  std::size_t count_ = 0;
};

} // namespace callsign::detail
