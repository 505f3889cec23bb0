#include "net/src/rules/timer_wheel.hpp"

#include <algorithm>

namespace callsign::rules {

void wheel_timer::disarm() noexcept {
  if (wheel_ != nullptr)
    wheel_->unlink(*this);
}

timer_wheel::timer_wheel(time_point now) : start_{now}, slots_(slot_count, nullptr) {}

timer_wheel::~timer_wheel() {
  for (auto* head : slots_) {
    for (auto* t = head; t != nullptr;) {
      auto* after = t->next_;
      t->wheel_ = nullptr;
      t->next_ = t->prev_ = nullptr;
      t = after;
    }
  }
}

/// The first tick at or after `when`, so that nothing fires early.
std::uint64_t timer_wheel::tick_of(time_point when) const noexcept {
  if (when <= start_)
    return 0;
  const auto since = when - start_;
  return static_cast<std::uint64_t>((since + duration{tick} - duration{1}) / duration{tick});
}

void timer_wheel::arm(wheel_timer& what, time_point deadline) {
  what.disarm();
  what.wheel_ = this;
  what.deadline_ = deadline;
  what.slot_ = static_cast<std::size_t>(std::max(tick_of(deadline), now_tick_ + 1) % slot_count);
  what.prev_ = nullptr;
  what.next_ = slots_[what.slot_];
  if (what.next_ != nullptr)
    what.next_->prev_ = &what;
  slots_[what.slot_] = &what;
  ++size_;
}

void timer_wheel::unlink(wheel_timer& what) noexcept {
  if (what.prev_ != nullptr) {
    what.prev_->next_ = what.next_;
  } else {
    slots_[what.slot_] = what.next_;
  }
  if (what.next_ != nullptr)
    what.next_->prev_ = what.prev_;
  what.wheel_ = nullptr;
  what.next_ = what.prev_ = nullptr;
  --size_;
}

std::size_t timer_wheel::advance(time_point now) {
  if (now < start_)
    return 0;
  const auto target = static_cast<std::uint64_t>((now - start_) / duration{tick});
  std::size_t fired = 0;
  // After a long pause one round over all slots sees every timer.
  if (target > now_tick_ + slot_count)
    now_tick_ = target - slot_count;
  while (now_tick_ < target) {
    ++now_tick_;
    const auto slot = static_cast<std::size_t>(now_tick_ % slot_count);
    // What fires may arm into this slot (a later round) or disarm its neighbours: look from the
    // head again each time.
    for (auto* t = slots_[slot]; t != nullptr;) {
      if (t->deadline_ > now) {
        t = t->next_;
        continue;
      }
      unlink(*t);
      ++fired;
      try {
        t->due_();
      } catch (...) {
        // The next call begins with this slot again: its other timers are due, too.
        --now_tick_;
        throw;
      }
      t = slots_[slot];
    }
  }
  return fired;
}

std::optional<time_point> timer_wheel::next() const {
  if (size_ == 0)
    return std::nullopt;
  for (std::uint64_t ahead = 1; ahead <= slot_count; ++ahead) {
    if (slots_[static_cast<std::size_t>((now_tick_ + ahead) % slot_count)] != nullptr) {
      return start_ + (now_tick_ + ahead) * duration{tick};
    }
  }
  return std::nullopt;
}

} // namespace callsign::rules
