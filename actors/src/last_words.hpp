/// \file
/// What the library says on standard error when nobody else was given to hear it.
#pragma once

#include <string_view>

namespace callsign::detail {

/// Writes one line to standard error, at once or not at all.
///
/// Whoever speaks here may be an I/O thread, or the end of a program whose errors nobody reads. A
/// line that finds no room is lost and counted; the next one that finds some says how many were.
///
/// @context  any thread; never waits for whoever reads a pipe, a terminal or a socket
void last_words(std::string_view line) noexcept;

} // namespace callsign::detail
