#include "actors/src/deadlines.hpp"

#include <utility>

namespace callsign::detail {

deadline& deadlines::joined(deadline& a, deadline& b) noexcept {
  ++comparisons_;
  const bool is_a_first = a.when_ != b.when_ ? a.when_ < b.when_ : a.order_ < b.order_;
  deadline& above = is_a_first ? a : b;
  deadline& under = is_a_first ? b : a;
  under.previous_ = &above;
  under.next_ = above.below_;
  if (above.below_ != nullptr)
    above.below_->previous_ = &under;
  above.below_ = &under;
  return above;
}

deadline* deadlines::joined_row(deadline* first) noexcept {
  // In pairs from the front, and the pairs from the back: that is what keeps it cheap.
  deadline* pairs = nullptr;
  while (first != nullptr) {
    deadline* one = first;
    deadline* other = one->next_;
    first = other != nullptr ? other->next_ : nullptr;
    one->next_ = one->previous_ = nullptr;
    if (other != nullptr) {
      other->next_ = other->previous_ = nullptr;
      one = &joined(*one, *other);
    }
    one->next_ = pairs;
    pairs = one;
  }
  deadline* all = nullptr;
  while (pairs != nullptr) {
    deadline* one = pairs;
    pairs = std::exchange(one->next_, nullptr);
    all = all != nullptr ? &joined(*all, *one) : one;
  }
  return all;
}

void deadlines::arm(std::shared_ptr<deadline> what, time_point when) {
  deadline& one = *what;
  one.when_ = when;
  one.order_ = ++armed_;
  one.kept_ = std::move(what);
  first_ = first_ != nullptr ? &joined(*first_, one) : &one;
  ++size_;
}

std::shared_ptr<deadline> deadlines::disarm(deadline& what) noexcept {
  if (what.kept_ == nullptr)
    return nullptr;
  deadline* below = joined_row(std::exchange(what.below_, nullptr));
  if (&what == first_) {
    first_ = below;
  } else {
    deadline& before = *what.previous_;
    (before.below_ == &what ? before.below_ : before.next_) = what.next_;
    if (what.next_ != nullptr)
      what.next_->previous_ = &before;
    what.next_ = what.previous_ = nullptr;
    if (below != nullptr)
      first_ = &joined(*first_, *below);
  }
  --size_;
  return std::exchange(what.kept_, nullptr);
}

std::vector<std::shared_ptr<deadline>> deadlines::take_due(time_point now) {
  std::vector<std::shared_ptr<deadline>> due;
  while (first_ != nullptr && first_->when_ <= now)
    due.push_back(disarm(*first_));
  return due;
}

std::vector<std::shared_ptr<deadline>> deadlines::take_all() { return take_due(time_point::max()); }

std::optional<deadline::time_point> deadlines::next() const {
  return first_ != nullptr ? std::optional{first_->when_} : std::nullopt;
}

} // namespace callsign::detail
