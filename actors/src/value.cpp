#include <callsign/value.hpp>

namespace callsign {

std::string_view value::kind() const noexcept {
  switch (held.index()) {
  case 0: return "nothing";
  case 1: return "boolean";
  case 2:
  case 3: return "integer";
  case 4: return "number";
  case 5: return "text";
  case 6: return "list";
  case 7: return "structure";
  default: return "unknown";
  }
}

namespace {

/// With the value, where it is short and its kind does not say it all.
std::string in_words(const value& given) {
  std::string text{given.kind()};
  if (const auto* whole = std::get_if<std::int64_t>(&given.held))
    text += ' ' + std::to_string(*whole);
  if (const auto* large = std::get_if<std::uint64_t>(&given.held))
    text += ' ' + std::to_string(*large);
  return text;
}

} // namespace

value_mismatch::value_mismatch(const std::string& expected, const value& given)
    : std::invalid_argument{expected + " expected, " + in_words(given) + " given"} {}

bool value_traits<bool>::from(const value& what) {
  if (const auto* yes = std::get_if<bool>(&what.held))
    return *yes;
  throw value_mismatch{name(), what};
}

std::string value_traits<std::string>::from(const value& what) {
  if (const auto* text = std::get_if<std::string>(&what.held))
    return *text;
  throw value_mismatch{name(), what};
}

namespace detail {

void rethrow_inside(const std::string& where, const value_mismatch& why) {
  throw value_mismatch{where + ": " + why.what()};
}

} // namespace detail
} // namespace callsign
