/// \file
/// Time that stands still until the test lets it pass.
#pragma once

#include <chrono>
#include <memory>

namespace callsign::detail {
class clock_source;
}

namespace callsign::testkit {

/// The clock of a world. Deadlines (`now`) and stamps (`stamp`) move together, and only by
/// `advance`.
///
/// @context any thread
class virtual_clock {
public:
  virtual_clock();
  ~virtual_clock();
  virtual_clock(const virtual_clock&) = delete;
  virtual_clock& operator=(const virtual_clock&) = delete;

  [[nodiscard]] std::chrono::steady_clock::time_point now() const noexcept;
  [[nodiscard]] std::chrono::system_clock::time_point stamp() const noexcept;

  /// Lets time pass. What became due by it becomes ready; nothing runs by itself.
  /// @errors `std::invalid_argument` for time that runs backwards
  void advance(std::chrono::nanoseconds by);

  /// Lets time pass until that moment; a moment in the past changes nothing.
  void advance_to(std::chrono::steady_clock::time_point when);

  /// The same clock, as what is under test sees it.
  [[nodiscard]] const std::shared_ptr<detail::clock_source>& source() const noexcept {
    return source_;
  }

private:
  class hands;
  std::shared_ptr<hands> hands_;
  std::shared_ptr<detail::clock_source> source_;
};

} // namespace callsign::testkit
