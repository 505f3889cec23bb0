#include "tests/kit/src/script/json_pattern.hpp"

#include <boost/json.hpp>

#include <algorithm>

namespace callsign::testkit {

namespace {

namespace json = boost::json;

// A string that no message holds, in the place of a `*`.
constexpr std::string_view anything = "\x01*\x01";
constexpr std::string_view anything_in_json = R"("\u0001*\u0001")";

/// The pattern as JSON.
std::string spelt_out(std::string_view pattern) {
  std::string text;
  bool is_string = false;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (is_string && pattern[i] == '\\' && i + 1 < pattern.size()) {
      text += pattern[i++];
    } else if (pattern[i] == '"') {
      is_string = !is_string;
    } else if (pattern[i] == '*' && !is_string) {
      text += anything_in_json;
      continue;
    }
    text += pattern[i];
  }
  return text;
}

bool fits(const json::value& pattern, const json::value& what) {
  if (pattern.is_string() && pattern.get_string() == anything)
    return true;
  if (pattern.is_object()) {
    if (!what.is_object())
      return false;
    return std::ranges::all_of(pattern.get_object(), [&](const auto& member) {
      const auto* found = what.get_object().if_contains(member.key());
      return found != nullptr && fits(member.value(), *found);
    });
  }
  if (pattern.is_array()) {
    return what.is_array() && std::ranges::equal(pattern.get_array(), what.get_array(), fits);
  }
  // 1 and 1.0, signed and unsigned, are one number.
  if (pattern.is_number() && what.is_number())
    return pattern.to_number<double>() == what.to_number<double>();
  return pattern == what;
}

} // namespace

std::string pattern_complaint(std::string_view pattern) {
  boost::system::error_code failed;
  const auto parsed = json::parse(spelt_out(pattern), failed);
  return failed ? failed.message() : std::string{};
}

bool fits_pattern(std::string_view pattern, std::string_view text) {
  boost::system::error_code failed;
  const auto wanted = json::parse(spelt_out(pattern), failed);
  if (failed)
    return false;
  const auto what = json::parse(json::string_view{text.data(), text.size()}, failed);
  return !failed && fits(wanted, what);
}

} // namespace callsign::testkit
