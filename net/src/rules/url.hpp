/// \file
/// What stands in a request line: forms of the target, escapes, parameters.
#pragma once

#include "net/src/rules/path_table.hpp"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace callsign::rules {

/// A request target, taken apart. Views into the text it was made from.
struct request_target {
  std::string_view authority; ///< of the absolute form; else empty
  std::string_view path;      ///< as sent; "*" for OPTIONS
  std::string_view query;     ///< without the question mark
};

/// Nothing for what is neither origin form, absolute form (http, https, ws, wss) nor "*".
/// @source RFC 9112 section 3.2
[[nodiscard]] std::optional<request_target> split_target(std::string_view target);

/// Percent-decoding without any check of what comes out. Nothing for a bad escape.
[[nodiscard]] std::optional<std::string> percent_decode(std::string_view text);

using query_map = std::map<std::string, std::string, std::less<>>;

/// `a=1&b=x+y%21`. Of a repeated name the last value; what cannot be decoded, or is not UTF-8,
/// stays as it came.
[[nodiscard]] query_map parse_query(std::string_view query);

/// The name of a file below a folder, from a decoded path: no leading slash. Nothing if a segment
/// is empty or begins with a dot, or if there is a backslash: such paths are never served.
[[nodiscard]] std::optional<std::string_view> file_name_of(std::string_view decoded_path);

/// Whether a Host header or an authority can be one: `name`, `name:port`, `[::1]:port`.
[[nodiscard]] bool is_authority(std::string_view text) noexcept;

} // namespace callsign::rules
