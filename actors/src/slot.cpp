#include "actors/src/slot.hpp"

#include "actors/src/slot_bounds.hpp"
#include "actors/src/slot_habits.hpp"

#include <utility>

namespace callsign::detail {

void slot::begin_incarnation(registrar& book) {
  const birth born = book.enrol(shared_from_this());
  number_ = born.number;
  created_ = born.when;
  witness_ = born.seen_by;
  phase_ = phase::alive;
  kind_ = std::exchange(next_kind_, std::nullopt).value_or(kind_);
  next_wanted_ = false;
  next_high_water_ = first_high_water();
  taken_ = 0;
  begun_by_ = std::exchange(next_begun_by_, {});
  ++incarnation_;
  drain_sent_ = true; // whoever spawns the actor sends its first drain
  end_requested_.store(false, std::memory_order_release);
  enter_start();
}

void slot::begin_with_next(registrar& book) {
  reserve_first();
  begin_incarnation(book);
  if (!next_.empty())
    waiting_since_ = next_since_;
  waiting_.append(std::move(next_));
  tell_of_room();
}

slot::slot(std::string name, runs_on kind) : name_{std::move(name)}, kind_{kind} {}

slot::slot(shut_tag, std::string name, runs_on kind)
    : name_{std::move(name)}, kind_{kind}, shut_{true} {}

slot::slot(main_tag, std::string name, std::chrono::system_clock::time_point now)
    : name_{std::move(name)}, created_{now}, incarnation_{1}, number_{main_worker},
      phase_{phase::alive}, kind_{runs_on::own_thread}, is_main_{true} {}

slot::~slot() = default;

slot::outcome slot::post(entry&& what, worker_number sender, registrar& book, const method* by) {
  what.sender = static_cast<std::uint32_t>(sender);
  if (is_limited()) {
    note(what, sender);
    dropped_entries dropped{drop_reason::overflow, *this};
    const std::scoped_lock guard{lock_};
    if (bounds_->members != nullptr)
      return {.may_wait = true};
    return post_here(std::move(what), sender, book, by, &dropped);
  }
  const std::scoped_lock guard{lock_};
  // What nearly all calls find.
  if (phase_ == phase::alive && !shut_) [[likely]] {
    if (by != nullptr)
      begun_by_.note(by);
    const auto high = enter(std::move(what));
    return {.next = std::exchange(drain_sent_, true) ? action::none : action::wake,
            .high_water = high};
  }
  return post_here(std::move(what), sender, book, by, nullptr);
}

slot::outcome slot::post_here(entry&& what, worker_number sender, registrar& book, const method* by,
                              dropped_entries* dropped) {
  if (shut_) {
    ++dropped_at_shutdown_;
    return {call_result::shutting_down};
  }
  const bool is_ending = is_dying() && phase_ != phase::aborted;
  const bool is_own_call = sender == number_ && sender != 0;
  if (is_ending && is_own_call) {
    ++dropped_after_own_kill_;
    return {call_result::killed_itself};
  }
  if (dropped != nullptr) {
    if (const auto verdict = full(is_ending ? next_ : waiting_, is_own_call, *dropped))
      return *verdict;
  }
  if (is_ending) {
    if (next_.empty() && !next_wanted_) {
      next_begun_by_ = {by};
    } else {
      next_begun_by_.note(by);
    }
    next_.push_back(std::move(what));
    if (next_.size() == 1)
      next_since_ = now();
    return {.high_water = note_length(next_.size())};
  }
  if (phase_ == phase::vacant) {
    // Nothing waits in a mailbox that no incarnation has: whoever called is told that it failed.
    reserve_first();
    begin_incarnation(book);
    begun_by_ = {by};
    const auto high = enter(std::move(what));
    return {.result = call_result::created, .next = action::spawn, .high_water = high};
  }
  if (by != nullptr)
    begun_by_.note(by);
  const auto high = enter(std::move(what));
  if (phase_ == phase::aborted)
    return {.high_water = high};
  return {.next = std::exchange(drain_sent_, true) ? action::none : action::wake,
          .high_water = high};
}

slot::outcome slot::post_to(worker_number number, entry&& what, worker_number sender) {
  if (what.sender == 0)
    what.sender = static_cast<std::uint32_t>(sender);
  if (is_limited())
    note(what, sender);
  dropped_entries dropped{drop_reason::overflow, *this};
  const std::scoped_lock guard{lock_};
  if (number_ != number || phase_ == phase::vacant)
    return {call_result::no_such_worker};
  const bool is_task = !is_lifecycle(what.kind);
  if (what.kind == entry_kind::down && phase_ != phase::alive)
    return {call_result::no_such_worker}; // who ends watches nobody any more
  if (shut_ && is_task && !hears_while_shut(what.kind)) {
    ++dropped_at_shutdown_;
    return {call_result::shutting_down};
  }
  if (phase_ == phase::sealed || (phase_ != phase::alive && is_task)) {
    if (sender == number) {
      ++dropped_after_own_kill_;
      return {call_result::killed_itself};
    }
    ++dropped_by_kill_;
    return {call_result::no_such_worker};
  }
  if (what.kind == entry_kind::task && bounds_ != nullptr) {
    if (const auto verdict = full(waiting_, sender == number, dropped))
      return *verdict;
  }
  const auto high = enter(std::move(what));
  return {.next = std::exchange(drain_sent_, true) ? action::none : action::wake,
          .high_water = high};
}

slot::outcome slot::hire(runs_on where, registrar& book) {
  const std::scoped_lock guard{lock_};
  return hire_here(where, book);
}

slot::outcome slot::hire_as_before(registrar& book) {
  const std::scoped_lock guard{lock_};
  return hire_here(next_kind_.value_or(kind_), book);
}

slot::outcome slot::hire_here(runs_on where, registrar& book) {
  if (shut_)
    return {call_result::shutting_down};
  if (is_dying()) {
    next_kind_ = where;
    if (next_.empty())
      next_begun_by_ = {.is_open = true};
    next_wanted_ = true;
    return {};
  }
  if (phase_ == phase::alive) {
    if (kind_ == where)
      return {};
    refuse_kind();
  }
  // What an earlier hire wanted for an incarnation that never began is out of date.
  next_kind_ = where;
  reserve_first();
  begin_incarnation(book);
  begun_by_ = {.is_open = true};
  return {call_result::created, action::spawn};
}

void slot::refuse_kind() const {
  throw failure{{make_error_code(errc::worker_kind_differs), "hire the worker \"" + name_ + "\"",
                 "kill it first, or hire it before it is called"}};
}

void slot::set_pausing(std::shared_ptr<pausing> in) {
  const std::scoped_lock guard{lock_};
  pausing_.swap(in);
}

void slot::set_runner(runner_ptr who) {
  const std::scoped_lock guard{lock_};
  runner_.swap(who);
}

const method* slot::startup_method() const {
  const std::scoped_lock guard{lock_};
  if (phase_ == phase::vacant)
    return nullptr;
  return is_dying() && phase_ != phase::aborted ? next_begun_by_.by : begun_by_.by;
}

runner_ptr slot::current_runner() const {
  const std::scoped_lock guard{lock_};
  return runner_;
}

bool slot::take(entry_queue& batch) {
  const std::scoped_lock guard{lock_};
  if (end_requested_.load(std::memory_order_relaxed))
    return true;
  if (waiting_.empty()) {
    if (shut_ && ends_drain())
      return true;
    drain_sent_ = false;
    taken_ = 0;
    if (bounds_ != nullptr && bounds_->notes_idleness)
      bounds_->idle_since = now();
    // A mailbox that once held a burst gives the memory back when the burst is over.
    waiting_.shrink();
    batch.shrink();
    return false;
  }
  if (bounds_ != nullptr && bounds_->limit.most != 0) {
    // What is in hand counts as begun, so it is one.
    hand_since_ = came_at(waiting_.front());
    batch.push_back(std::move(waiting_.front()));
    waiting_.pop_front();
    if (waiting_.empty())
      has_waiting_.store(false, std::memory_order_relaxed);
    in_hand_.store(1, std::memory_order_relaxed);
    taken_ = 1;
    tell_of_room();
    return true;
  }
  batch.swap(waiting_);
  hand_since_ = waiting_since_;
  has_waiting_.store(false, std::memory_order_relaxed);
  in_hand_.store(batch.size(), std::memory_order_relaxed);
  taken_ = static_cast<std::uint32_t>(batch.size());
  return true;
}

} // namespace callsign::detail
