/// \file
/// What a slot has only if more is known of its name than that it can be called. Most slots have
/// neither, so that idle workers and names are small.
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

/// What was said when it was hired. Never changed once it is made, so that hooks run without the
/// lock.
struct slot::terms {
  worker_hook on_start;
  worker_hook on_passivate;
  std::source_location hired_at;
  when_stopped at_stop = when_stopped::drop;
};

/// Who supervises it, and who watches it.
/// @context under the lock of the slot
struct slot::habits {
  // Of the name.
  std::shared_ptr<supervisor> own;
  std::shared_ptr<supervisor> group;
  std::uint64_t restarts = 0;

  // Of the incarnation.
  std::vector<std::shared_ptr<watcher>> watchers;
  std::string what;               ///< the failure that ends it
  std::uint64_t waker = 0;        ///< who may end the rest
  std::shared_ptr<supervisor> by; ///< who waits for this end
};

} // namespace callsign::detail
