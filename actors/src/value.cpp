#include <callsign/value.hpp>

#include <array>
#include <charconv>
#include <cmath>

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

namespace {

void write_text(std::string& out, std::string_view text) {
  constexpr std::string_view digits = "0123456789abcdef";
  out += '"';
  for (const char one : text) {
    const auto byte = static_cast<unsigned char>(one);
    if (one == '"' || one == '\\') {
      out += '\\';
      out += one;
    } else if (byte < 0x20) {
      out += "\\u00";
      out += digits[byte >> 4];
      out += digits[byte & 15];
    } else {
      out += one;
    }
  }
  out += '"';
}

/// Writes one alternative of a value.
struct json_writer {
  std::string& out;

  void operator()(std::monostate) const { out += "null"; }
  void operator()(bool what) const { out += what ? "true" : "false"; }
  void operator()(std::int64_t what) const { out += std::to_string(what); }
  void operator()(std::uint64_t what) const { out += std::to_string(what); }
  void operator()(double what) const {
    if (!std::isfinite(what)) {
      out += "null";
      return;
    }
    std::array<char, 32> text{};
    const auto end = std::to_chars(text.data(), text.data() + text.size(), what).ptr;
    out.append(text.data(), end);
  }
  void operator()(const std::string& what) const { write_text(out, what); }
  void operator()(const value::list& what) const {
    out += '[';
    bool is_first = true;
    for (const auto& one : what) {
      if (!std::exchange(is_first, false))
        out += ',';
      std::visit(*this, one.held);
    }
    out += ']';
  }
  void operator()(const value::structure& what) const {
    out += '{';
    bool is_first = true;
    for (const auto& [key, one] : what) {
      if (!std::exchange(is_first, false))
        out += ',';
      write_text(out, key);
      out += ':';
      std::visit(*this, one.held);
    }
    out += '}';
  }
};

} // namespace

std::string to_json(const value& what) {
  std::string text;
  std::visit(json_writer{text}, what.held);
  return text;
}

namespace detail {

void rethrow_inside(const std::string& where, const value_mismatch& why) {
  throw value_mismatch{where + ": " + why.what()};
}

} // namespace detail
} // namespace callsign
