#include "net/src/rules/json_line.hpp"

#include "actors/src/utf8.hpp"

namespace callsign::rules {

namespace {

constexpr std::string_view digits = "0123456789abcdef";

std::string escape(unsigned char c) {
  return std::string{"\\u00"} + digits[c >> 4U] + digits[c & 0xFU];
}

} // namespace

void json_line::begin(std::string_view name) {
  if (!members_.empty())
    members_ += ',';
  put(name);
  members_ += ':';
}

void json_line::put(std::string_view text) {
  // What is no UTF-8, in a header for instance, is read as Latin-1.
  const bool is_utf8 = detail::is_utf8(text);
  members_ += '"';
  for (const char one : text) {
    const auto c = static_cast<unsigned char>(one);
    if (one == '"' || one == '\\')
      members_ += '\\';
    if (c < 0x20 || c == 0x7F || (c >= 0x80 && !is_utf8))
      members_ += escape(c);
    else
      members_ += one;
  }
  members_ += '"';
}

json_line& json_line::add(std::string_view name, std::string_view text) {
  begin(name);
  put(text);
  return *this;
}

json_line& json_line::add(std::string_view name, std::uint64_t number) {
  begin(name);
  members_ += std::to_string(number);
  return *this;
}

json_line& json_line::add_yes(std::string_view name) {
  begin(name);
  members_ += "true";
  return *this;
}

json_line& json_line::add(std::string_view name, const std::vector<std::string>& texts) {
  begin(name);
  members_ += '[';
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (i != 0)
      members_ += ',';
    put(texts[i]);
  }
  members_ += ']';
  return *this;
}

json_line& json_line::add_bytes(std::string_view name, std::string_view bytes) {
  begin(name);
  members_ += '"';
  for (const char one : bytes) {
    const auto c = static_cast<unsigned char>(one);
    members_ += digits[c >> 4U];
    members_ += digits[c & 0xFU];
  }
  members_ += '"';
  return *this;
}

} // namespace callsign::rules
