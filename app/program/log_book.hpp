/// \file
/// Where a program writes what happens.
#pragma once

#include <callsign/network.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace spdlog {
class logger;
}

namespace program {

class log_writer;

/// Writes lines, each with a timestamp before it: `2024-05-17T09:30:00.125Z   *** Server started`.
///
/// Copies write to the same place. Control characters in a line are written as `\x0a`, so that
/// nothing that came from outside can look like a line of its own.
///
/// @context  any thread; never waits for whoever reads the log: a thread of its own writes it, and
/// what it cannot write in time is lost, and counted in the log
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

  /// Waits until everything that was said so far is where it belongs, or is lost. False: it takes
  /// longer.
  [[nodiscard]] bool is_written_within(std::chrono::milliseconds limit) const;
  /// How many lines were lost because nobody read, or nothing could be written.
  [[nodiscard]] std::uint64_t lost() const;

  /// For what the library has to say. Its warnings and errors are marked as such.
  [[nodiscard]] callsign::log_sink sink() const;

private:
  void write(callsign::log_level level, std::string_view line) const;

  std::shared_ptr<log_writer> writer_;
  std::shared_ptr<spdlog::logger> logger_;
  bool is_in_file_;
};

} // namespace program
