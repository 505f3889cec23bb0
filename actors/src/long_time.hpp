/// \file
/// Times that are too long to be added to the time of day.
#pragma once

#include <algorithm>
#include <chrono>

namespace callsign::detail {

/// A hundred years at most: more than that, up to "for ever", would overflow when it is added to
/// the time.
template <class Duration>
[[nodiscard]] constexpr Duration in_range(Duration given) noexcept {
  constexpr std::chrono::hours longest{24 * 365 * 100};
  return std::min(given, std::chrono::duration_cast<Duration>(longest));
}

} // namespace callsign::detail
