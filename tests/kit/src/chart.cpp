#include "tests/kit/src/chart.hpp"

#include <algorithm>

namespace callsign::testkit {

namespace {

constexpr std::size_t gap = 4; ///< between two names

struct lifeline {
  std::string name;
  std::size_t at; ///< its column
};

/// How many columns a name takes: its characters, not its bytes.
std::size_t columns_of(const std::string& name) {
  return static_cast<std::size_t>(std::ranges::count_if(
      name, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

std::vector<lifeline> place(std::span<const chart_row> rows,
                            const std::vector<std::string>& wanted) {
  std::vector<std::string> present;
  const auto add = [&](const std::string& name) {
    if (!name.empty() && std::ranges::find(present, name) == present.end())
      present.push_back(name);
  };
  for (const auto& row : rows) {
    add(row.from);
    add(row.to);
  }
  std::ranges::stable_sort(present, {}, [&](const std::string& name) {
    return std::ranges::find(wanted, name) - wanted.begin();
  });
  std::vector<lifeline> all;
  std::size_t column = 0;
  for (auto& name : present) {
    const std::size_t width = columns_of(name);
    all.push_back({std::move(name), column + width / 2});
    column += width + gap;
  }
  return all;
}

std::size_t column_of(const std::vector<lifeline>& all, const std::string& name) {
  return std::ranges::find(all, name, &lifeline::name)->at;
}

std::string draw_row(const std::vector<lifeline>& all, const chart_row& row) {
  std::string line(all.empty() ? 0 : all.back().at + 1, row.from.empty() ? '~' : ' ');
  for (const auto& one : all)
    line[one.at] = '|';
  if (!row.from.empty()) {
    const auto from = column_of(all, row.from);
    const auto to = row.to.empty() ? from : column_of(all, row.to);
    for (auto i = std::min(from, to) + 1; i < std::max(from, to); ++i)
      line[i] = '-';
    if (from < to)
      line[to - 1] = '>';
    else if (to < from)
      line[to + 1] = '<';
    else
      line[from] = '*';
  }
  return line;
}

} // namespace

std::string draw(std::span<const chart_row> rows, const std::vector<std::string>& lifelines) {
  const auto all = place(rows, lifelines);
  std::string text;
  if (!all.empty()) {
    text += "\n ";
    std::size_t column = 0;
    for (const auto& one : all) {
      const auto begin = one.at - columns_of(one.name) / 2;
      text += std::string(begin - column + 1, ' ') + one.name;
      column = begin + columns_of(one.name) + 1;
    }
  }
  for (const auto& row : rows)
    text += "\n  " + draw_row(all, row) + (all.empty() ? "" : "   ") + row.words;
  return text;
}

} // namespace callsign::testkit
