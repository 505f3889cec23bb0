#include "net/src/rules/http_validators.hpp"

#include "net/src/rules/http_text.hpp"

#include <algorithm>
#include <array>
#include <chrono>

namespace callsign::rules {

namespace {

constexpr std::array<std::string_view, 7> days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array<std::string_view, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

void append_hex(std::string& to, std::uint64_t value) {
  std::array<char, 16> digits{};
  std::size_t n = 0;
  do {
    digits[n++] = "0123456789abcdef"[value & 0xF];
    value >>= 4;
  } while (value != 0);
  to.append(digits.rend() - static_cast<std::ptrdiff_t>(n), digits.rend());
}

void append_padded(std::string& to, long value, std::size_t width) {
  const std::string digits = std::to_string(value);
  if (digits.size() < width)
    to.append(width - digits.size(), '0');
  to += digits;
}

[[nodiscard]] std::optional<int> number(std::string_view digits) noexcept {
  int value = 0;
  for (const char c : digits) {
    if (c < '0' || c > '9')
      return std::nullopt;
    value = value * 10 + (c - '0');
  }
  return value;
}

} // namespace

std::string tag_of_content(std::string_view content) {
  std::uint64_t hash = 0xCBF29CE484222325U;
  for (const char c : content) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 0x100000001B3U;
  }
  std::string tag = "\"";
  append_hex(tag, hash);
  tag += '-';
  append_hex(tag, content.size());
  return tag + '"';
}

std::string tag_of_file(std::uint64_t bytes, std::int64_t modified_ns, std::uint64_t inode) {
  std::string tag = "\"";
  append_hex(tag, bytes);
  tag += '-';
  append_hex(tag, static_cast<std::uint64_t>(modified_ns));
  tag += '-';
  append_hex(tag, inode);
  return tag + '"';
}

bool names_tag(std::string_view if_none_match, std::string_view tag) noexcept {
  if (trimmed(if_none_match) == "*")
    return true;
  // Commas may stand inside a tag, so tags are found by their quotes.
  while (!if_none_match.empty()) {
    const std::size_t open = if_none_match.find('"');
    if (open == std::string_view::npos)
      return false;
    const std::size_t end = if_none_match.find('"', open + 1);
    if (end == std::string_view::npos)
      return false;
    if (if_none_match.substr(open, end - open + 1) == tag)
      return true;
    if_none_match.remove_prefix(end + 1);
  }
  return false;
}

std::string http_date(std::time_t when) {
  using namespace std::chrono;
  const sys_seconds instant{seconds{when}};
  const auto day = floor<std::chrono::days>(instant);
  const year_month_day date{day};
  const hh_mm_ss time{instant - day};
  std::string text{days[weekday{day}.c_encoding()]};
  text += ", ";
  append_padded(text, static_cast<long>(static_cast<unsigned>(date.day())), 2);
  text += ' ';
  text += months[static_cast<unsigned>(date.month()) - 1];
  text += ' ';
  append_padded(text, static_cast<int>(date.year()), 4);
  text += ' ';
  append_padded(text, time.hours().count(), 2);
  text += ':';
  append_padded(text, time.minutes().count(), 2);
  text += ':';
  append_padded(text, time.seconds().count(), 2);
  return text + " GMT";
}

std::optional<std::time_t> parse_http_date(std::string_view text) noexcept {
  using namespace std::chrono;
  // Sun, 06 Nov 1994 08:49:37 GMT
  if (text.size() != 29 || !text.ends_with(" GMT") || text.substr(3, 2) != ", " || text[7] != ' ' ||
      text[11] != ' ' || text[16] != ' ' || text[19] != ':' || text[22] != ':') {
    return std::nullopt;
  }
  const auto month_at = std::find(months.begin(), months.end(), text.substr(8, 3));
  const auto day_number = number(text.substr(5, 2));
  const auto year_number = number(text.substr(12, 4));
  const auto hour = number(text.substr(17, 2));
  const auto minute = number(text.substr(20, 2));
  const auto second = number(text.substr(23, 2));
  if (month_at == months.end() || !day_number || !year_number || !hour || !minute || !second)
    return std::nullopt;
  const year_month_day date{year{*year_number},
                            month{static_cast<unsigned>(month_at - months.begin()) + 1},
                            day{static_cast<unsigned>(*day_number)}};
  if (!date.ok() || *hour > 23 || *minute > 59 || *second > 60)
    return std::nullopt;
  const auto instant = sys_days{date} + hours{*hour} + minutes{*minute} + seconds{*second};
  return static_cast<std::time_t>(instant.time_since_epoch().count());
}

} // namespace callsign::rules
