/// \file
/// What a slot has only if more is known of its name than that it can be called.
#pragma once

#include "actors/src/slot.hpp"

#include <callsign/hire_options.hpp>
#include <callsign/watch.hpp>

#include <cstdint>
#include <memory>
#include <source_location>
#include <string>
#include <vector>

namespace callsign::detail {

class supervisor;
class watcher;

/// @context under the lock of the slot
struct slot::habits {
  // Of the name.
  std::shared_ptr<const worker_hook> on_start;
  std::shared_ptr<const worker_hook> on_passivate;
  std::source_location hired_at;
  when_stopped at_stop = when_stopped::drop;
  std::shared_ptr<supervisor> own;
  std::shared_ptr<supervisor> group;
  std::uint64_t restarts = 0;

  // Of the incarnation.
  std::vector<std::shared_ptr<watcher>> watchers;
  std::string what;     ///< the failure that ends it
  bool is_told = false; ///< its watchers have been
  bool rests = false;   ///< the next one begins when it is woken
  bool is_draining = false;
  std::uint64_t waker = 0;        ///< who may end the rest
  std::shared_ptr<supervisor> by; ///< who waits for this end
};

} // namespace callsign::detail
