/// \file
/// Sequence charts in plain text.
#pragma once

#include <span>
#include <string>
#include <vector>

namespace callsign::testkit {

/// One step of a chart.
struct chart_row {
  std::string from; ///< whose lifeline the arrow leaves; empty: everybody's, as when time passes
  std::string to;   ///< where it ends; empty, or the same: something that one does alone
  std::string words;
};

/// A lifeline for each who takes part, in the order of `lifelines` and then of their appearance;
/// an arrow or a mark for each row; the words beside it. Lines begin with a line break and two
/// spaces.
///
/// @param lifelines  who stands where; whoever has no row is left out
[[nodiscard]] std::string draw(std::span<const chart_row> rows,
                               const std::vector<std::string>& lifelines = {});

} // namespace callsign::testkit
