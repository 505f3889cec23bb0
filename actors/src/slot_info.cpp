// What can be seen of a slot: by snapshots, and by test kits.

#include "actors/src/slot_bounds.hpp"
#include "actors/src/slot_habits.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace callsign::detail {

namespace {

std::string label_of(const char* file, std::uint32_t line) {
  const char* slash = std::strrchr(file, '/');
  return std::string(slash == nullptr ? file : slash + 1) + ':' + std::to_string(line);
}

} // namespace

std::string label_of(const std::source_location& where) {
  return label_of(where.file_name(), where.line());
}

slot::glimpse::glimpse(const entry& what)
    : kind{what.kind}, sender{what.sender}, where{what.where} {}

std::vector<slot::glimpse> slot::waiting() const {
  const std::scoped_lock guard{lock_};
  std::vector<glimpse> all;
  waiting_.for_each([&](const entry& e) { all.emplace_back(e); });
  return all;
}

entry slot::take_out(std::size_t index) {
  const std::scoped_lock guard{lock_};
  return waiting_.take_out(index);
}

std::string slot::running() const {
  const char* file = running_file_.load(std::memory_order_relaxed);
  if (file == nullptr)
    return {};
  return label_of(file, running_line_.load(std::memory_order_relaxed));
}

worker_number slot::number() const {
  const std::scoped_lock guard{lock_};
  return number_;
}

runs_on slot::kind() const {
  const std::scoped_lock guard{lock_};
  return kind_;
}

slot::phase slot::current_phase() const {
  const std::scoped_lock guard{lock_};
  return phase_;
}

std::uint64_t slot::dropped_at_shutdown() const {
  const std::scoped_lock guard{lock_};
  return dropped_at_shutdown_;
}

void slot::be_seen_by(witness& who) {
  const std::scoped_lock guard{lock_};
  witness_ = &who;
}

witness* slot::seen_by() const {
  const std::scoped_lock guard{lock_};
  return witness_;
}

void slot::trace(witness* by) {
  const std::scoped_lock guard{lock_};
  if (bounds_ == nullptr)
    bounds_ = std::make_unique<bounds>();
  bounds_->traced_by = by;
  limited_.store(true, std::memory_order_relaxed);
}

void slot::note(entry& what, worker_number sender) {
  witness* by = nullptr;
  {
    const std::scoped_lock guard{lock_};
    if (bounds_->members != nullptr)
      return;
    by = bounds_->traced_by;
    // Of the first entry in the name's life the mailbox itself knows when it came.
    if (bounds_->limit.most != 0 && witness_ != nullptr)
      what.since = stamp_of(now());
  }
  if (by == nullptr || what.is_traced)
    return;
  what.is_traced = true;
  detail::trace(what, sender, *by);
}

witness::time_point slot::came_at(const entry& what) const {
  if (what.since == 0)
    return waiting_since_;
  const auto now = this->now();
  const auto steps = static_cast<std::uint16_t>(stamp_of(now) - what.since);
  return now - std::chrono::nanoseconds{std::int64_t{steps} << stamp_shift};
}

std::chrono::nanoseconds slot::longest_wait() const {
  const auto age = [now = now()](witness::time_point since) {
    return std::max(now - since, std::chrono::nanoseconds{0});
  };
  if (in_hand_.load(std::memory_order_relaxed) != 0)
    return age(hand_since_);
  if (!waiting_.empty())
    return age(came_at(waiting_.front()));
  return next_.empty() ? std::chrono::nanoseconds{0} : age(next_since_);
}

std::optional<worker_info> slot::info() const {
  worker_info now;
  now.running = running();
  now.handled = handled_.load(std::memory_order_relaxed);
  now.failed = failed_.load(std::memory_order_relaxed);
  const std::scoped_lock guard{lock_};
  if (phase_ == phase::vacant)
    return std::nullopt;
  now.name = name_;
  now.number = number_;
  now.incarnation = incarnation_;
  now.kind = kind_;
  now.state = phase_ == phase::resting                              ? worker_state::resting
              : phase_ == phase::closing || phase_ == phase::sealed ? worker_state::closing
              : now.running.empty()                                 ? worker_state::idle
                                                                    : worker_state::executing;
  now.waiting = waiting_.size() + next_.size() + in_hand_.load(std::memory_order_relaxed);
  now.dropped_by_kill = dropped_by_kill_;
  now.dropped_after_own_kill = dropped_after_own_kill_;
  now.dropped_at_shutdown = dropped_at_shutdown_;
  if (habits_ != nullptr)
    now.restarts = habits_->restarts;
  if (bounds_ != nullptr) {
    now.dropped_when_full = bounds_->dropped;
    now.rejected = bounds_->rejected;
  }
  now.oldest_waits = longest_wait();
  if (!now.running.empty()) {
    const std::chrono::nanoseconds began{turn_began_.load(std::memory_order_relaxed)};
    now.running_for = std::max(this->now().time_since_epoch() - began, std::chrono::nanoseconds{0});
  }
  now.processor_time = std::chrono::nanoseconds{processor_time_.load(std::memory_order_relaxed)};
  now.created = created_;
  return now;
}

} // namespace callsign::detail
