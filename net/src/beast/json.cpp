/// \file
/// Whether a text is JSON.

#include "net/src/door/door.hpp"

#include <boost/json/basic_parser_impl.hpp>

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

namespace callsign::door {

namespace {

namespace json = boost::json;
using json_error = boost::system::error_code;

constexpr std::size_t max_depth = 32;

/// Takes what the parser finds and keeps nothing of it.
struct nothing_kept {
  static constexpr std::size_t max_object_size = std::numeric_limits<std::size_t>::max();
  static constexpr std::size_t max_array_size = std::numeric_limits<std::size_t>::max();
  static constexpr std::size_t max_key_size = std::numeric_limits<std::size_t>::max();
  static constexpr std::size_t max_string_size = std::numeric_limits<std::size_t>::max();

  bool on_document_begin(json_error&) { return true; }
  bool on_document_end(json_error&) { return true; }
  bool on_object_begin(json_error&) { return true; }
  bool on_object_end(std::size_t, json_error&) { return true; }
  bool on_array_begin(json_error&) { return true; }
  bool on_array_end(std::size_t, json_error&) { return true; }
  bool on_key_part(json::string_view, std::size_t, json_error&) { return true; }
  bool on_key(json::string_view, std::size_t, json_error&) { return true; }
  bool on_string_part(json::string_view, std::size_t, json_error&) { return true; }
  bool on_string(json::string_view, std::size_t, json_error&) { return true; }
  bool on_number_part(json::string_view, json_error&) { return true; }
  bool on_int64(std::int64_t, json::string_view, json_error&) { return true; }
  bool on_uint64(std::uint64_t, json::string_view, json_error&) { return true; }
  bool on_double(double, json::string_view, json_error&) { return true; }
  bool on_bool(bool, json_error&) { return true; }
  bool on_null(json_error&) { return true; }
  bool on_comment_part(json::string_view, json_error&) { return true; }
  bool on_comment(json::string_view, json_error&) { return true; }
};

} // namespace

std::string json_complaint(std::string_view text) {
  json::parse_options how;
  how.max_depth = max_depth;
  json::basic_parser<nothing_kept> parser{how};
  json_error failed;
  const std::size_t used = parser.write_some(false, text.data(), text.size(), failed);
  if (failed)
    return failed.message();
  // White space behind the value belongs to it; anything else does not.
  return used < text.size() ? "there is more than one value" : std::string{};
}

} // namespace callsign::door
