#pragma once

#include "load/clock.hpp"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace bench {

/// Counts latencies in bins that are at most 1/32 wide, so that millions of them cost nothing.
///
/// @units  nanoseconds in, microseconds out
class histogram {
public:
  void add(nanoseconds latency) noexcept {
    ++bins_[bin_of(latency)];
    ++count_;
    max_ = std::max(max_, latency);
  }

  void clear() noexcept {
    std::fill(bins_.begin(), bins_.end(), 0);
    count_ = 0;
    max_ = 0;
  }

  [[nodiscard]] double max() const noexcept { return static_cast<double>(max_) / 1e3; }

  /// The upper edge of the bin below which `share` of all latencies lie; 0 when there are none.
  [[nodiscard]] double quantile(double share) const noexcept {
    const auto wanted = static_cast<std::uint64_t>(share * static_cast<double>(count_));
    std::uint64_t seen = 0;
    for (std::size_t bin = 0; bin < bins_.size(); ++bin) {
      seen += bins_[bin];
      if (seen > wanted)
        return static_cast<double>(std::min(upper_edge(bin), max_)) / 1e3;
    }
    return max();
  }

private:
  static constexpr unsigned fine_bits = 5;
  static constexpr std::size_t fine = std::size_t{1} << fine_bits;

  static std::size_t bin_of(nanoseconds latency) noexcept {
    if (latency < fine)
      return static_cast<std::size_t>(latency);
    const auto shift = static_cast<unsigned>(std::bit_width(latency)) - fine_bits - 1;
    return (shift + 1) * fine + static_cast<std::size_t>((latency >> shift) - fine);
  }

  static nanoseconds upper_edge(std::size_t bin) noexcept {
    if (bin < fine)
      return bin;
    const std::size_t shift = bin / fine - 1;
    return ((nanoseconds{bin % fine} + fine + 1) << shift) - 1;
  }

  std::vector<std::uint64_t> bins_ = std::vector<std::uint64_t>((64 - fine_bits + 1) * fine);
  std::uint64_t count_ = 0;
  nanoseconds max_ = 0;
};

} // namespace bench
