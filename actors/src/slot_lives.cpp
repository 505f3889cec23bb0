// How one life under a name leads to the next: hooks, watchers, failures, passivation, draining.

#include "actors/src/long_time.hpp"
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
  std::shared_ptr<const terms> agreed;
  if (how.on_start || how.on_passivate || how.at_stop != when_stopped::drop)
    agreed =
        std::make_shared<const terms>(terms{how.on_start, how.on_passivate, where, how.at_stop});
  const std::scoped_lock guard{lock_};
  if (phase_ == phase::alive && kind_ != how.where)
    refuse_kind();
  terms_.swap(agreed);
  idle_after_.store(in_range(how.idle_after).count(), std::memory_order_relaxed);
  auto out = hire_here(how.where, book);
  // One that is idle already falls idle again, and is seen to.
  if (phase_ == phase::alive && out.next == action::none && how.idle_after.count() != 0)
    out.next = std::exchange(drain_sent_, true) ? action::none : action::wake;
  return out;
}

std::shared_ptr<const worker_hook> slot::passivation_hook() const {
  const std::scoped_lock guard{lock_};
  if (terms_ == nullptr || !terms_->on_passivate)
    return nullptr;
  return {terms_, &terms_->on_passivate};
}

bool slot::is_quiet() const {
  const std::scoped_lock guard{lock_};
  return phase_ == phase::alive && waiting_.empty() &&
         in_hand_.load(std::memory_order_relaxed) == 0;
}

void slot::reserve_first() { waiting_.reserve(terms_ != nullptr && terms_->on_start ? 2 : 1); }

void slot::enter_start() {
  is_told_ = false;
  rests_ = false;
  is_draining_ = false;
  if (habits_ != nullptr)
    habits_->what.clear();
  if (terms_ != nullptr && terms_->on_start) {
    std::ignore = enter({.kind = entry_kind::started,
                         .where = terms_->hired_at,
                         .run = [agreed = terms_](worker& self) { agreed->on_start(self); }});
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
    rests_ = true;
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
  rests_ = true;
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
  if (!kept.empty() || rests_)
    next_begun_by_ = begun_by_;
  kept.append(std::move(next_));
  next_ = std::move(kept);
}

bool slot::add_watcher(const std::shared_ptr<watcher>& who, worker_number number) {
  const std::scoped_lock guard{lock_};
  if (number_ == 0 || is_told_ || (number != 0 && number != number_))
    return false;
  auto& mine = all_habits();
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
  // From now on nobody is added, who would be told of the next one's end.
  is_told_ = true;
  if (habits_ == nullptr)
    return all;
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
  if (terms_ == nullptr || terms_->at_stop != when_stopped::drain || phase_ != phase::alive)
    return std::nullopt;
  is_draining_ = true;
  return std::exchange(drain_sent_, true) ? action::none : action::wake;
}

bool slot::hears_while_shut(entry_kind kind) const noexcept {
  return (kind == entry_kind::reply || kind == entry_kind::down) && is_draining_ &&
         phase_ == phase::alive;
}

bool slot::ends_drain() {
  if (!is_draining_ || phase_ != phase::alive)
    return false;
  phase_ = phase::killed;
  why_ = why_ended::shut_down;
  ask_for_end();
  return true;
}

bool slot::is_draining() const {
  const std::scoped_lock guard{lock_};
  return is_draining_ && phase_ == phase::alive;
}

} // namespace callsign::detail
