#pragma once

#include <chrono>
#include <cstdint>

namespace bench {

/// Nanoseconds of the steady clock; what every latency is counted in.
using nanoseconds = std::uint64_t;

inline nanoseconds now() noexcept {
  const auto since = std::chrono::steady_clock::now().time_since_epoch();
  return static_cast<nanoseconds>(
      std::chrono::duration_cast<std::chrono::nanoseconds>(since).count());
}

constexpr nanoseconds from_seconds(double seconds) noexcept {
  return static_cast<nanoseconds>(seconds * 1e9);
}

constexpr double to_seconds(nanoseconds time) noexcept { return static_cast<double>(time) / 1e9; }

} // namespace bench
