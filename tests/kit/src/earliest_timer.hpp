/// \file
/// When the timers of I/O threads are due.
#pragma once

#include <chrono>
#include <optional>

namespace callsign::testkit {

/// The first deadline of all threads.
template <class Threads>
[[nodiscard]] std::optional<std::chrono::steady_clock::time_point>
earliest_timer(const Threads& threads) {
  std::optional<std::chrono::steady_clock::time_point> due;
  for (const auto& one : threads) {
    if (const auto its = one->timers().next(); its && (!due || *its < *due))
      due = its;
  }
  return due;
}

} // namespace callsign::testkit
