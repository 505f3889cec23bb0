/// \file
/// What a slot has only if its mailbox was given a limit, if it is traced, or if it stands for a
/// pool or for a member of one.
#pragma once

#include "actors/src/slot.hpp"

#include <condition_variable>
#include <cstddef>
#include <cstdint>

namespace callsign::detail {

/// @context under the lock of the slot
struct slot::bounds {
  mailbox_limit limit;
  witness* traced_by = nullptr;
  pool* members = nullptr; ///< who take the calls by this name
  bool notes_idleness = false;
  witness::time_point idle_since{}; ///< of the worker, if it has nothing to do now
  std::uint64_t rejected = 0;
  std::uint64_t dropped = 0;
  std::size_t waiting = 0; ///< callers
  std::condition_variable_any freed;
};

} // namespace callsign::detail
