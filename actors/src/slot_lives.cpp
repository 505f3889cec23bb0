// How one life under a name leads to the next: hooks, watchers, failures, passivation, draining.

#include "actors/src/slot_habits.hpp"
#include "actors/src/watch.hpp"

#include <algorithm>
#include <utility>

namespace callsign::detail {

slot::habits& slot::all_habits() {
  if (habits_ == nullptr)
    habits_ = std::make_unique<habits>();
  return *habits_;
}

slot::outcome slot::hire(const hire_options& how, std::source_location where, registrar& book) {
  const auto shared = [](const worker_hook& hook) {
    return hook ? std::make_shared<const worker_hook>(hook) : nullptr;
  };
  auto on_start = shared(how.on_start);
  auto on_passivate = shared(how.on_passivate);
  const std::scoped_lock guard{lock_};
  if (phase_ == phase::alive && kind_ != how.where)
    refuse_kind();
  auto& mine = all_habits();
  mine.on_start.swap(on_start);
  mine.on_passivate.swap(on_passivate);
  mine.hired_at = where;
  mine.at_stop = how.at_stop;
  idle_after_.store(how.idle_after.count(), std::memory_order_relaxed);
  auto out = hire_here(how.where, book);
  // One that is idle already falls idle again, and is seen to.
  if (phase_ == phase::alive && out.next == action::none && how.idle_after.count() != 0)
    out.next = std::exchange(drain_sent_, true) ? action::none : action::wake;
  return out;
}

std::shared_ptr<const worker_hook> slot::passivation_hook() const {
  const std::scoped_lock guard{lock_};
  return habits_ == nullptr ? nullptr : habits_->on_passivate;
}

bool slot::is_quiet() const {
  const std::scoped_lock guard{lock_};
  return phase_ == phase::alive && waiting_.empty() &&
         in_hand_.load(std::memory_order_relaxed) == 0;
}

void slot::reserve_first() {
  waiting_.reserve(habits_ != nullptr && habits_->on_start != nullptr ? 2 : 1);
}

void slot::enter_start() {
  if (habits_ == nullptr)
    return;
  habits_->is_told = false;
  habits_->rests = false;
  habits_->is_draining = false;
  habits_->what.clear();
  if (habits_->on_start != nullptr) {
    std::ignore = enter({.kind = entry_kind::started,
                         .where = habits_->hired_at,
                         .run = [hook = habits_->on_start](worker& self) { (*hook)(self); }});
  }
}

std::optional<slot::action> slot::leave(departure how) {
  const std::scoped_lock guard{lock_};
  if (phase_ != phase::alive || is_main_ || shut_ || (how.number != 0 && how.number != number_))
    return std::nullopt;
  return leave_here(std::move(how));
}

slot::action slot::leave_here(departure how) {
  phase_ = phase::leaving;
  why_ = how.why;
  if (how.waker != 0) {
    auto& mine = all_habits();
    mine.what = std::move(how.what);
    mine.rests = true;
    mine.waker = how.waker;
    mine.by = std::move(how.by);
    ++mine.restarts;
    next_wanted_ = true;
  }
  ask_for_end();
  return std::exchange(drain_sent_, true) ? action::none : action::wake;
}

slot::withdrawal slot::withdraw(departure how) {
  const std::scoped_lock guard{lock_};
  if (shut_ || is_main_)
    return {};
  if (phase_ == phase::alive)
    return {rests::after_its_end, leave_here(std::move(how))};
  auto& mine = all_habits();
  mine.waker = how.waker;
  mine.rests = true;
  mine.by = std::move(how.by);
  if (phase_ == phase::vacant)
    phase_ = phase::resting;
  return {phase_ == phase::resting ? rests::now : rests::after_its_end, action::none};
}

slot::action slot::wake_up(std::uint64_t waker, registrar& book) {
  const std::scoped_lock guard{lock_};
  if (phase_ != phase::resting || habits_->waker != waker)
    return action::none;
  if (next_.empty() && !next_wanted_) {
    phase_ = phase::vacant;
    return action::none;
  }
  begin_with_next(book);
  return action::spawn;
}

void slot::keep_tasks(entry_queue& rest, entry_queue& dropped) {
  const bool rest_waits = !rest.empty();
  entry_queue kept;
  for (entry_queue* from : {&rest, &waiting_}) {
    entry_queue ends;
    for (; !from->empty(); from->pop_front()) {
      auto& one = from->front();
      (one.kind == entry_kind::task ? kept
       : is_lifecycle(one.kind)     ? ends
                                    : dropped)
          .push_back(std::move(one));
    }
    from->swap(ends);
  }
  if (!kept.empty())
    next_since_ = rest_waits ? hand_since_ : waiting_since_;
  // Who goes on with these, or begins again after a failure, was made as this one was.
  if (!kept.empty() || (habits_ != nullptr && habits_->rests))
    next_begun_by_ = begun_by_;
  kept.append(std::move(next_));
  next_ = std::move(kept);
}

bool slot::add_watcher(const std::shared_ptr<watcher>& who, worker_number number) {
  const std::scoped_lock guard{lock_};
  if (number_ == 0 || (number != 0 && number != number_))
    return false;
  auto& mine = all_habits();
  if (mine.is_told)
    return false;
  who->place = mine.watchers.size();
  mine.watchers.push_back(who);
  return true;
}

void slot::remove_watcher(watcher& who) noexcept {
  std::shared_ptr<watcher> gone; // destroyed outside the lock
  const std::scoped_lock guard{lock_};
  if (habits_ == nullptr)
    return;
  auto& all = habits_->watchers;
  if (who.place >= all.size() || all[who.place].get() != &who)
    return;
  gone = std::exchange(all[who.place], std::move(all.back()));
  all.pop_back();
  if (who.place < all.size())
    all[who.place]->place = who.place;
}

slot::farewell slot::take_farewell() {
  const std::scoped_lock guard{lock_};
  farewell all;
  if (habits_ == nullptr)
    return all;
  habits_->is_told = true;
  // Who waits for this end may have been replaced meanwhile.
  for (const auto& one : {habits_->own, habits_->group, std::exchange(habits_->by, nullptr)}) {
    if (one != nullptr && std::ranges::find(all.supervisors, one) == all.supervisors.end())
      all.supervisors.push_back(one);
  }
  all.watchers.swap(habits_->watchers);
  if (!all.watchers.empty())
    all.end = {name_, number_, incarnation_, why_, habits_->what};
  return all;
}

std::pair<std::shared_ptr<supervisor>, std::shared_ptr<supervisor>> slot::supervisors() const {
  const std::scoped_lock guard{lock_};
  if (habits_ == nullptr)
    return {};
  return {habits_->own, habits_->group};
}

void slot::supervise(std::shared_ptr<supervisor> by) {
  const std::scoped_lock guard{lock_};
  all_habits().own.swap(by);
}

void slot::supervise_group(std::shared_ptr<supervisor> by) {
  const std::scoped_lock guard{lock_};
  all_habits().group.swap(by);
}

std::optional<slot::action> slot::begin_drain() {
  const std::scoped_lock guard{lock_};
  if (habits_ == nullptr || habits_->at_stop != when_stopped::drain || phase_ != phase::alive)
    return std::nullopt;
  habits_->is_draining = true;
  return std::exchange(drain_sent_, true) ? action::none : action::wake;
}

bool slot::hears_while_shut(entry_kind kind) const noexcept {
  return (kind == entry_kind::reply || kind == entry_kind::down) && habits_ != nullptr &&
         habits_->is_draining && phase_ == phase::alive;
}

bool slot::ends_drain() {
  if (habits_ == nullptr || !habits_->is_draining || phase_ != phase::alive)
    return false;
  phase_ = phase::killed;
  why_ = why_ended::shut_down;
  ask_for_end();
  return true;
}

bool slot::is_draining() const {
  const std::scoped_lock guard{lock_};
  return habits_ != nullptr && habits_->is_draining && phase_ == phase::alive;
}

} // namespace callsign::detail
