/// \file
/// The kinds of workers.
#pragma once

namespace callsign {

/// Where a worker's tasks run.
/// @source rule W-67
enum class runs_on {
  pool,        ///< the shared pool (default): tasks should not block
  own_thread,  ///< a thread of its own: tasks may block
  cooperative, ///< one thread for all such workers, so that no two of them run at the same time, as
               ///< 4D's cooperative processes: tasks should not block
};

} // namespace callsign
