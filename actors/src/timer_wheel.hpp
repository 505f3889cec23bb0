/// \file
/// Many deadlines, kept cheaply. A pure machine.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace callsign::detail {

class timer_wheel;

/// Something that is due at a time. While it is armed, the wheel keeps it alive.
class deadline {
public:
  using time_point = std::chrono::steady_clock::time_point;

  virtual ~deadline() = default;
  /// The time has come. @context where the wheel is driven, no lock held
  virtual void due() noexcept = 0;
  /// It never will: everything ends. @context as above
  virtual void abandoned() noexcept {}

private:
  friend class timer_wheel;
  std::shared_ptr<deadline> kept_; ///< itself, while armed
  deadline* next_ = nullptr;
  deadline* previous_ = nullptr;
  time_point when_{};
  std::uint64_t order_ = 0;
  std::size_t place_ = 0;
};

/// A hashed wheel: arming and disarming cost the same however many there are, which is what asks
/// need, whose deadlines are nearly all disarmed. It is exact all the same: nothing comes early,
/// and what is due comes in order of time, then of arming.
///
/// @context one thread at a time
/// @units   1 ms for each place, 4096 places; longer deadlines are passed over until their round
class timer_wheel {
public:
  using time_point = deadline::time_point;

  explicit timer_wheel(time_point now) : start_{now} {}
  timer_wheel(const timer_wheel&) = delete;
  timer_wheel& operator=(const timer_wheel&) = delete;

  /// It must not be armed.
  void arm(std::shared_ptr<deadline> what, time_point when);
  /// Answers what it kept, or null if that was not armed.
  std::shared_ptr<deadline> disarm(deadline& what) noexcept;
  [[nodiscard]] static bool is_armed(const deadline& what) noexcept {
    return what.kept_ != nullptr;
  }
  /// Disarms everything whose time has come by `now`, in order.
  [[nodiscard]] std::vector<std::shared_ptr<deadline>> take_due(time_point now);
  [[nodiscard]] std::vector<std::shared_ptr<deadline>> take_all();
  /// When the next is due. Looks at all of them if that is more than a round away, else at a few
  /// only.
  [[nodiscard]] std::optional<time_point> next() const;
  [[nodiscard]] std::size_t size() const noexcept { return size_; }

private:
  static constexpr std::size_t places = 4096;
  static constexpr std::chrono::milliseconds tick{1};

  [[nodiscard]] std::uint64_t tick_of(time_point when) const noexcept;
  void take_from(std::size_t place, time_point until, std::vector<std::shared_ptr<deadline>>& into);

  time_point start_;
  std::uint64_t now_ = 0; ///< in ticks; nothing in the wheel is earlier
  std::uint64_t armed_ = 0;
  std::size_t size_ = 0;
  std::array<deadline*, places> heads_{};
};

} // namespace callsign::detail
