#pragma once

#include "load/options.hpp"

namespace bench {

/// Holds idle connections and obeys lines on stdin: the mode `idle`.
///
/// Prints `ready N` whenever what was asked for is done. A number opens more clients, `echo` has
/// every client say one message and hear it, anything else or the end of the input closes all of
/// them. Pings are answered all the while.
///
/// @context  blocks until told to close
/// @errors   `std::runtime_error` when a connection is refused or lost, or an echo is wrong
void run_idle(const load_options& options);

} // namespace bench
