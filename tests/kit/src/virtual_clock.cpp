#include <callsign/testkit/virtual_clock.hpp>

#include "actors/src/clock_source.hpp"

#include <atomic>
#include <cstdint>
#include <stdexcept>

namespace callsign::testkit {

using namespace std::chrono_literals;

class virtual_clock::hands final : public detail::clock_source {
public:
  // Some moment that is neither zero nor now, so that nobody mistakes it for either.
  static constexpr std::chrono::steady_clock::time_point first{1000h};
  static constexpr std::chrono::system_clock::time_point first_stamp{
      std::chrono::sys_days{std::chrono::year{2001} / 1 / 1}};

  [[nodiscard]] std::chrono::steady_clock::time_point now() const noexcept override {
    return first + passed();
  }
  [[nodiscard]] std::chrono::system_clock::time_point stamp() const noexcept override {
    return first_stamp + std::chrono::duration_cast<std::chrono::system_clock::duration>(passed());
  }
  void add(std::chrono::nanoseconds by) noexcept { passed_.fetch_add(by.count()); }

private:
  [[nodiscard]] std::chrono::nanoseconds passed() const noexcept {
    return std::chrono::nanoseconds{passed_.load()};
  }
  std::atomic<std::int64_t> passed_{0};
};

virtual_clock::virtual_clock() : hands_{std::make_shared<hands>()}, source_{hands_} {}

virtual_clock::~virtual_clock() = default;

std::chrono::steady_clock::time_point virtual_clock::now() const noexcept { return hands_->now(); }

std::chrono::system_clock::time_point virtual_clock::stamp() const noexcept {
  return hands_->stamp();
}

void virtual_clock::advance(std::chrono::nanoseconds by) {
  if (by < 0ns)
    throw std::invalid_argument("time does not run backwards");
  hands_->add(by);
}

void virtual_clock::advance_to(std::chrono::steady_clock::time_point when) {
  if (when > now())
    hands_->add(when - now());
}

} // namespace callsign::testkit
