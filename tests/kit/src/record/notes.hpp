/// \file
/// The lines of a recording.
#pragma once

#include "net/src/rules/redaction.hpp"

#include <callsign/testkit/recording.hpp>

#include <boost/json.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace callsign::testkit {

/// One line: what happened, and its members by name.
struct note {
  std::size_t line = 0; ///< of the file
  boost::json::object members;

  [[nodiscard]] bool has(std::string_view name) const { return members.contains(name); }
  /// Empty if there is none.
  [[nodiscard]] std::string text(std::string_view name) const;
  /// Zero if there is none.
  [[nodiscard]] std::uint64_t number(std::string_view name) const;
  [[nodiscard]] std::vector<std::string> texts(std::string_view name) const;
  [[nodiscard]] std::string what() const { return text("is"); }
  [[nodiscard]] std::uint32_t client() const {
    return static_cast<std::uint32_t>(number("client"));
  }
  [[nodiscard]] std::chrono::microseconds time() const {
    return std::chrono::microseconds{number("us")};
  }
  /// What was said or heard, whether as text or not.
  [[nodiscard]] std::string message() const;
  [[nodiscard]] bool is_text() const { return has("text"); }
};

struct recording::parts {
  std::string file;
  std::string program;
  std::string version;
  std::vector<std::string> arguments;
  std::size_t io_threads = 1;
  std::size_t max_buffered_bytes = 0;
  std::uint64_t seed = 0; ///< of what the program drew; 0: an older recording
  rules::redaction hides;
  std::vector<note> notes;
  bool is_whole = false;

  /// Whether callbacks of connections ran in a worker; else they ran in the connections, or nobody
  /// came.
  [[nodiscard]] bool has_worker() const;
};

/// ana, bob and eve, then by number.
[[nodiscard]] std::string name_of_client(std::uint32_t number);

} // namespace callsign::testkit
