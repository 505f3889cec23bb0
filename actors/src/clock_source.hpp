/// \file
/// Where time comes from.
#pragma once

#include <chrono>

namespace callsign::detail {

/// Deadlines use the steady clock, stamps the system clock. Tests bring a virtual one.
/// @context any thread
class clock_source {
public:
  virtual ~clock_source() = default;
  [[nodiscard]] virtual std::chrono::steady_clock::time_point now() const noexcept {
    return std::chrono::steady_clock::now();
  }
  [[nodiscard]] virtual std::chrono::system_clock::time_point stamp() const noexcept {
    return std::chrono::system_clock::now();
  }
};

} // namespace callsign::detail
