/// \file
/// What may be said of a worker when it is hired.
#pragma once

#include <callsign/runs_on.hpp>

#include <chrono>
#include <functional>

namespace callsign {

class worker;

/// Something that runs in a worker at a certain moment of each of its lives.
using worker_hook = std::function<void(worker&)>;

/// What becomes of the tasks that wait when the whole set ends.
enum class when_stopped {
  drop,  ///< they are dropped and counted
  drain, ///< they run, as long as three quarters of `workers_options::stop_deadline` allow, and
         ///< nothing new is taken. Not for a worker that owns a server, whose clients' Close would
         ///< have the last quarter only
};

/// Belongs to the name: it holds for this incarnation and for all later ones.
struct hire_options {
  runs_on where = runs_on::pool;
  /// After so long without anything to do, the incarnation ends; the name stays, and the next call
  /// begins another one. Only an idle worker: nothing waits for it, and nothing that it began can
  /// still bring it something. So who owns a server, has an active timer, a subscription or a
  /// watch, or waits for an answer is never passivated. Zero: never.
  std::chrono::nanoseconds idle_after{0};
  /// Runs first in every incarnation, before anything that was called. If it throws, that is a
  /// failure like any task's.
  worker_hook on_start = nullptr;
  /// Runs last before a worker is passivated, and only then. What it throws is reported; the worker
  /// ends all the same.
  worker_hook on_passivate = nullptr;
  when_stopped at_stop = when_stopped::drop;
};

} // namespace callsign
