/// \file
/// Something that each thread of the pool is to do once.
#pragma once

#include <caf/fwd.hpp>

namespace callsign::detail {

/// Has each thread of the pool run it, soon. One that is busy then for longer than a few
/// milliseconds may be left out.
/// @context any thread; `what`: the pool's threads
/// @errors  `std::bad_alloc`
void run_on_pool_threads(caf::actor_system& system, void (*what)() noexcept);

} // namespace callsign::detail
