/// \file
/// What a recording may not show.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace callsign::rules {

/// Replaces what is to be hidden by filler of the same length, so that limits and orders stay what
/// they were. What it has hidden once it leaves alone.
struct redaction {
  std::vector<std::string> fields = {};  ///< of JSON, and of a query
  std::vector<std::string> headers = {}; ///< in any case
  bool hides_messages = false;

  /// A message. One that looks like JSON but is none is hidden whole if fields are to be.
  [[nodiscard]] std::string text(std::string_view message) const;
  [[nodiscard]] std::string header(std::string_view name, std::string_view value) const;
  [[nodiscard]] std::string url(std::string_view target) const;
};

} // namespace callsign::rules
