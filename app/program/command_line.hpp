/// \file
/// The flags that all programs have, and how they are read.
#pragma once

#include "app/program/settings.hpp"

#include <optional>
#include <string>
#include <vector>

namespace program {

/// A flag that only one program has: present or not.
struct extra_flag {
  std::string name; ///< "--upper"
  std::string help;
  bool* is_given;
};

/// What a program says about itself.
struct about {
  std::string name;    ///< "callsign-chat"
  std::string purpose; ///< shown above the list of flags
  settings defaults;
  std::string root_help = "serve the files of this folder";
  std::vector<extra_flag> extras{};
};

/// Reads the command line, and the configuration file if it names one. Answers nothing when the
/// program was only asked for its help or version, which have been printed then.
///
/// @errors  `bad_argument`
[[nodiscard]] std::optional<settings> read_command_line(const about& what, int count,
                                                        const char* const* words);

} // namespace program
