/// \file
/// Whether this thread is busy with what has become due.
#pragma once

namespace callsign::detail {

/// Whoever is called because a time has come must not wait: all other timers of the set would wait
/// with it. @context any thread
[[nodiscard]] bool is_on_the_wheel() noexcept;

} // namespace callsign::detail
