// Limited mailboxes (rule W-79).

#include "actors/src/slot_bounds.hpp"

#include <limits>

namespace callsign::detail {

std::optional<slot::outcome> slot::full(entry_queue& mailbox, bool is_own_call,
                                        dropped_entries& dropped) {
  const auto& limit = bounds_->limit;
  if (limit.most == 0 || mailbox.size() < limit.most)
    return std::nullopt;
  switch (limit.then) {
  case when_full::block:
    if (!is_own_call)
      return outcome{.result = call_result::mailbox_full, .may_wait = true};
    [[fallthrough]];
  case when_full::reject: ++bounds_->rejected; return outcome{call_result::mailbox_full};
  case when_full::drop_newest: ++bounds_->dropped; return outcome{call_result::dropped};
  case when_full::drop_oldest: break;
  }
  // The first call; what stands before it stays where it is.
  entry_queue kept;
  for (; !mailbox.empty(); mailbox.pop_front()) {
    const bool goes = dropped.entries.empty() && mailbox.front().kind == entry_kind::task;
    (goes ? dropped.entries : kept).push_back(std::move(mailbox.front()));
    if (goes && kept.empty()) {
      mailbox.pop_front();
      kept.swap(mailbox);
      break;
    }
  }
  mailbox.swap(kept);
  if (dropped.entries.empty()) {
    ++bounds_->rejected;
    return outcome{call_result::mailbox_full};
  }
  ++bounds_->dropped;
  return std::nullopt;
}

void slot::limit(mailbox_limit to) {
  const std::scoped_lock guard{lock_};
  if (bounds_ == nullptr)
    bounds_ = std::make_unique<bounds>();
  bounds_->limit = to;
  next_high_water_ = first_high_water();
  limited_.store(true, std::memory_order_relaxed);
  tell_of_room();
}

mailbox_limit slot::current_limit() const {
  const std::scoped_lock guard{lock_};
  return bounds_ == nullptr ? mailbox_limit{} : bounds_->limit;
}

void slot::wait_for_room(std::chrono::steady_clock::time_point until) {
  std::unique_lock guard{lock_};
  const auto is_full = [this] {
    const auto& mailbox = is_dying() && phase_ != phase::aborted ? next_ : waiting_;
    return bounds_->limit.most != 0 && mailbox.size() >= bounds_->limit.most;
  };
  ++bounds_->waiting;
  bounds_->freed.wait_until(guard, until, [&] { return shut_ || !is_full(); });
  --bounds_->waiting;
}

void slot::count_rejected() {
  const std::scoped_lock guard{lock_};
  ++bounds_->rejected;
}

std::size_t slot::first_high_water() const noexcept {
  const auto mark = bounds_ == nullptr ? mailbox_limit{}.high_water : bounds_->limit.high_water;
  return mark == 0 ? std::numeric_limits<std::size_t>::max() : mark;
}

std::size_t slot::note_high_water(std::size_t waiting) noexcept {
  const auto length = waiting + in_hand_.load(std::memory_order_relaxed);
  if (length < next_high_water_)
    return 0;
  while (next_high_water_ <= length)
    next_high_water_ *= 2;
  return length;
}

void slot::tell_of_room() {
  if (bounds_ != nullptr && bounds_->waiting != 0)
    bounds_->freed.notify_all();
}

} // namespace callsign::detail
