/// \file
/// One line of JSON: an object without nesting but for lists of texts.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace callsign::rules {

/// Writes the members in the order in which they are added.
class json_line {
public:
  json_line& add(std::string_view name, std::string_view text);
  json_line& add(std::string_view name, const char* text) {
    return add(name, std::string_view{text});
  }
  json_line& add(std::string_view name, std::uint64_t number);
  json_line& add_yes(std::string_view name);
  json_line& add(std::string_view name, const std::vector<std::string>& texts);
  /// Bytes, as hexadecimal digits.
  json_line& add_bytes(std::string_view name, std::string_view bytes);

  /// The members in braces, without a line end.
  [[nodiscard]] std::string finish() && { return '{' + std::move(members_) + '}'; }

private:
  void begin(std::string_view name);
  void put(std::string_view text);

  std::string members_;
};

} // namespace callsign::rules
