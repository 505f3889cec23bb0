/// \file
/// Many deadlines, kept cheaply. A pure machine.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace callsign::detail {

class deadlines;

/// Something that is due at a time. While it is armed, it is kept alive.
class deadline {
public:
  using time_point = std::chrono::steady_clock::time_point;

  virtual ~deadline() = default;
  /// The time has come. @context where the deadlines are driven, no lock held
  virtual void due() noexcept = 0;
  /// It never will: everything ends. @context as above
  virtual void abandoned() noexcept {}

private:
  friend class deadlines;
  std::shared_ptr<deadline> kept_; ///< itself, while armed
  deadline* below_ = nullptr;      ///< the first of those that are due later than this one
  deadline* next_ = nullptr;       ///< in the same row
  deadline* previous_ = nullptr;   ///< likewise; of the first in a row, the one above
  time_point when_{};
  std::uint64_t order_ = 0;
};

/// A pairing heap. Arming, and to say what comes next, cost the same however many there are;
/// disarming costs a few comparisons, of what has nothing below it none, which is what asks need,
/// whose deadlines are nearly all disarmed. What is due comes in order of time, then of arming.
///
/// @context one thread at a time
/// @source  M. Fredman, R. Sedgewick, D. Sleator, R. Tarjan: The pairing heap, 1986; decision 34
class deadlines {
public:
  using time_point = deadline::time_point;

  deadlines() = default;
  deadlines(const deadlines&) = delete;
  deadlines& operator=(const deadlines&) = delete;
  /// What is armed keeps itself: it is let go.
  ~deadlines() {
    while (first_ != nullptr)
      disarm(*first_);
  }

  /// It must not be armed.
  void arm(std::shared_ptr<deadline> what, time_point when);
  /// Answers what was kept, or null if that was not armed.
  std::shared_ptr<deadline> disarm(deadline& what) noexcept;
  /// Disarms everything whose time has come by `now`, in order.
  [[nodiscard]] std::vector<std::shared_ptr<deadline>> take_due(time_point now);
  [[nodiscard]] std::vector<std::shared_ptr<deadline>> take_all();
  /// When the next is due.
  [[nodiscard]] std::optional<time_point> next() const;
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  /// How often two of them have been compared since the beginning: what all this has cost.
  [[nodiscard]] std::uint64_t comparisons() const noexcept { return comparisons_; }

private:
  /// One of the two, with the other below it. Neither is in a row.
  deadline& joined(deadline& a, deadline& b) noexcept;
  /// The same of a whole row; null if it is empty.
  deadline* joined_row(deadline* first) noexcept;

  deadline* first_ = nullptr;
  std::uint64_t armed_ = 0;
  std::uint64_t comparisons_ = 0;
  std::size_t size_ = 0;
};

} // namespace callsign::detail
