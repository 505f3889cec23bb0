/// \file
/// Where a program writes what happens.
#pragma once

#include <callsign/network.hpp>

#include <memory>
#include <string>
#include <string_view>

namespace spdlog {
class logger;
}

namespace program {

/// Writes lines, each with a timestamp before it: `2024-05-17T09:30:00.125Z   *** Server started`.
///
/// Copies write to the same place. Control characters in a line are written as `\x0a`, so that
/// nothing that came from outside can look like a line of its own.
///
/// @context  any thread; a line is written whole and at once
/// @source   4D: ISO timestamp and three spaces (rule D-3)
class log_book {
public:
  /// Writes to standard error, or to the end of `file` if one is named. Lines below `least` are
  /// left out.
  ///
  /// @errors  `bad_argument` if the file cannot be written
  explicit log_book(callsign::log_level least, const std::string& file = {});

  void debug(std::string_view line) const;
  void info(std::string_view line) const;
  void warning(std::string_view line) const;
  void error(std::string_view line) const;

  /// Or does it write where everybody can see it anyway?
  [[nodiscard]] bool is_in_file() const noexcept { return is_in_file_; }

  /// For what the library has to say. Its warnings and errors are marked as such.
  [[nodiscard]] callsign::log_sink sink() const;

private:
  void write(callsign::log_level level, std::string_view line) const;

  std::shared_ptr<spdlog::logger> logger_;
  bool is_in_file_;
};

} // namespace program
