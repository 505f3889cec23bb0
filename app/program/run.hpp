/// \file
/// What surrounds every program: its exit code and what it asks of the system.
#pragma once

#include "app/program/command_line.hpp"

#include <functional>

namespace program {

/// A program from its first word to its exit code: reads the command line, runs `serve`, and
/// reports what either throws on standard error. Ends with 2 for a bad argument, with 1 for
/// anything else that fails, otherwise with what `serve` answers.
[[nodiscard]] int run(const about& what, int count, const char* const* words,
                      const std::function<int(const settings&)>& serve);

} // namespace program
