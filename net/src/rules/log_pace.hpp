/// \file
/// How often lines of one kind are written to the log. A pure machine.
#pragma once

#include "net/src/rules/timer_wheel.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <utility>

namespace callsign::rules {

/// For lines that clients bring about: the first at once, then one a second at most.
///
/// @context one thread
class log_pace {
public:
  static constexpr std::chrono::seconds between{1};

  /// How many were left out since the last line. Nothing: this one is left out, too.
  [[nodiscard]] std::optional<std::uint64_t> may_write(time_point now) {
    if (last_ && now - *last_ < between) {
      ++left_out_;
      return std::nullopt;
    }
    last_ = now;
    return std::exchange(left_out_, 0);
  }

private:
  std::optional<time_point> last_;
  std::uint64_t left_out_ = 0;
};

} // namespace callsign::rules
