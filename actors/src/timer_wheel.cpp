#include "actors/src/timer_wheel.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

namespace callsign::detail {

std::uint64_t timer_wheel::tick_of(time_point when) const noexcept {
  return when <= start_ ? 0 : static_cast<std::uint64_t>((when - start_) / tick);
}

void timer_wheel::arm(std::shared_ptr<deadline> what, time_point when) {
  deadline& one = *what;
  one.when_ = when;
  one.order_ = ++armed_;
  one.place_ = std::max(tick_of(when), now_) % places;
  deadline*& head = heads_[one.place_];
  one.previous_ = nullptr;
  one.next_ = head;
  if (head != nullptr)
    head->previous_ = &one;
  head = &one;
  one.kept_ = std::move(what);
  ++size_;
}

std::shared_ptr<deadline> timer_wheel::disarm(deadline& what) noexcept {
  if (what.kept_ == nullptr)
    return nullptr;
  if (what.next_ != nullptr)
    what.next_->previous_ = what.previous_;
  if (what.previous_ != nullptr) {
    what.previous_->next_ = what.next_;
  } else {
    heads_[what.place_] = what.next_;
  }
  what.next_ = what.previous_ = nullptr;
  --size_;
  return std::exchange(what.kept_, nullptr);
}

void timer_wheel::take_from(std::size_t place, time_point until,
                            std::vector<std::shared_ptr<deadline>>& into) {
  for (deadline* one = heads_[place]; one != nullptr;) {
    deadline* after = one->next_;
    if (one->when_ <= until)
      into.push_back(disarm(*one));
    one = after;
  }
}

std::vector<std::shared_ptr<deadline>> timer_wheel::take_due(time_point now) {
  std::vector<std::shared_ptr<deadline>> due;
  const auto target = std::max(tick_of(now), now_);
  // After a long pause one round sees everything.
  const auto last = std::min(target, now_ + places - 1);
  for (auto at = now_; at <= last && size_ != 0; ++at)
    take_from(at % places, now, due);
  now_ = target;
  std::ranges::sort(due, {}, [](const auto& one) { return std::tuple{one->when_, one->order_}; });
  return due;
}

std::vector<std::shared_ptr<deadline>> timer_wheel::take_all() {
  std::vector<std::shared_ptr<deadline>> all;
  for (std::size_t place = 0; place < places; ++place)
    take_from(place, time_point::max(), all);
  std::ranges::sort(all, {}, [](const auto& one) { return std::tuple{one->when_, one->order_}; });
  return all;
}

std::optional<deadline::time_point> timer_wheel::next() const {
  if (size_ == 0)
    return std::nullopt;
  for (auto at = now_; at < now_ + places; ++at) {
    std::optional<time_point> first;
    for (const deadline* one = heads_[at % places]; one != nullptr; one = one->next_) {
      if (tick_of(one->when_) <= at && (!first || one->when_ < *first))
        first = one->when_;
    }
    if (first)
      return first;
  }
  // All are more than a round away, which is rarely looked at.
  time_point first = time_point::max();
  for (const deadline* head : heads_) {
    for (const deadline* one = head; one != nullptr; one = one->next_)
      first = std::min(first, one->when_);
  }
  return first;
}

} // namespace callsign::detail
