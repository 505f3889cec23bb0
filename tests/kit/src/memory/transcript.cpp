#include "tests/kit/src/memory/transcript.hpp"

#include "net/src/rules/http_text.hpp"

#include <algorithm>
#include <utility>

namespace callsign::testkit::memory {

namespace {

constexpr std::size_t longest = 120;

std::string size_of_rest(std::size_t size) { return "… (" + std::to_string(size) + " bytes)"; }

} // namespace

void transcript::add(std::string line) {
  for (const std::string_view arrow : {" -> ", " <- "}) {
    const auto found = line.find(arrow);
    // What was said may hold an arrow; before the first quote there is only a name.
    if (found == std::string::npos || line.find('"') < found)
      continue;
    const std::string who = line.substr(0, found);
    const std::string words = line.substr(found + arrow.size());
    if (arrow == " -> ")
      rows_.push_back({who, program, words});
    else
      rows_.push_back({program, who, words});
    return;
  }
  rows_.push_back({std::string{}, {}, std::move(line)});
}

void transcript::add_of(std::string who, std::string words) {
  rows_.push_back({std::move(who), {}, std::move(words)});
}

std::string transcript::last(std::size_t count) const {
  if (rows_.empty())
    return "\nnothing has happened yet";
  const std::size_t first = rows_.size() > count ? rows_.size() - count : 0;
  std::vector<std::string> lifelines;
  for (const auto& row : rows_) {
    const auto& client = row.from == program ? row.to : row.from;
    if (std::ranges::find(lifelines, client) == lifelines.end())
      lifelines.push_back(client);
  }
  lifelines.push_back(program);
  return (first == 0 ? "\nthe steps:" : "\nthe last steps:") +
         draw(std::span{rows_}.subspan(first), lifelines);
}

std::string in_quotes(std::string_view text) {
  std::string shown = '"' + rules::escape_controls(text.substr(0, longest));
  if (text.size() > longest)
    return shown + '"' + size_of_rest(text.size());
  return shown + '"';
}

std::string in_hex(std::string_view bytes) {
  const auto shown = in_hex_whole(bytes.substr(0, longest / 4));
  return bytes.size() > longest / 4 ? shown + size_of_rest(bytes.size()) : shown;
}

std::string in_hex_whole(std::string_view bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string shown = "<";
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (shown.size() > 1)
      shown += ' ';
    shown += digits[byte >> 4U];
    shown += digits[byte & 0x0FU];
  }
  return shown + '>';
}

} // namespace callsign::testkit::memory
