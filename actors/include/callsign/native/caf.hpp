/// \file
/// Opt-in: the CAF actor system behind a set of workers. Component `native` of the package.
#pragma once

#include <callsign/workers.hpp>

#include <caf/actor_system.hpp>

namespace callsign::native {

/// The system in which the workers live; spawn actors of your own beside them.
///
/// The end of `workers` waits for every visible actor of the system: end yours first.
/// @context any thread
[[nodiscard]] caf::actor_system& actor_system(workers& set);

} // namespace callsign::native
