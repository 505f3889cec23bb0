#include "tests/kit/src/memory/transcript.hpp"

#include "net/src/rules/http_text.hpp"

#include <algorithm>

namespace callsign::testkit::memory {

namespace {

constexpr std::size_t longest = 120;

std::string size_of_rest(std::size_t size) { return "… (" + std::to_string(size) + " bytes)"; }

} // namespace

std::string transcript::last(std::size_t count) const {
  if (lines_.empty())
    return "\nnothing has happened yet";
  const std::size_t first = lines_.size() > count ? lines_.size() - count : 0;
  std::string text = first == 0 ? "\nthe steps:" : "\nthe last steps:";
  for (std::size_t i = first; i < lines_.size(); ++i)
    text += "\n  " + lines_[i];
  return text;
}

std::string in_quotes(std::string_view text) {
  std::string shown = '"' + rules::escape_controls(text.substr(0, longest));
  if (text.size() > longest)
    return shown + '"' + size_of_rest(text.size());
  return shown + '"';
}

std::string in_hex(std::string_view bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string shown = "<";
  for (const char c : bytes.substr(0, longest / 4)) {
    const auto byte = static_cast<unsigned char>(c);
    if (shown.size() > 1)
      shown += ' ';
    shown += digits[byte >> 4U];
    shown += digits[byte & 0x0FU];
  }
  shown += '>';
  if (bytes.size() > longest / 4)
    return shown + size_of_rest(bytes.size());
  return shown;
}

} // namespace callsign::testkit::memory
