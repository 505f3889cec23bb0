#include "actors/src/slot.hpp"

#include "actors/src/slot_bounds.hpp"

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
    waiting_.reserve(1);
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
  what.sender = static_cast<std::uint32_t>(sender);
  if (is_limited())
    note(what, sender);
  dropped_entries dropped{drop_reason::overflow, *this};
  const std::scoped_lock guard{lock_};
  if (number_ != number || phase_ == phase::vacant)
    return {call_result::no_such_worker};
  const bool is_task = !is_lifecycle(what.kind);
  if (shut_ && is_task) {
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
    throw failure{{make_error_code(errc::worker_kind_differs), "hire the worker \"" + name_ + "\"",
                   "kill it first, or hire it before it is called"}};
  }
  // What an earlier hire wanted for an incarnation that never began is out of date.
  next_kind_ = where;
  begin_incarnation(book);
  begun_by_ = {.is_open = true};
  return {call_result::created, action::spawn};
}

slot::dropped_entries::~dropped_entries() {
  if (entries.empty())
    return;
  witness* const seen_by = whose.seen_by();
  for (; !entries.empty(); entries.pop_front()) {
    auto& one = entries.front();
    if (seen_by != nullptr)
      seen_by->is_dead(whose, one, why);
    one.run.drop(why);
  }
}

slot::action slot::kill(worker_number number) {
  dropped_entries dropped{drop_reason::killed, *this};
  const std::scoped_lock guard{lock_};
  if (phase_ == phase::vacant || (number != 0 && number != number_))
    return action::none;
  if (phase_ != phase::alive && phase_ != phase::aborted) {
    if (number == 0) {
      // Killed again before its end. What was asked for between the two kills goes; who means the
      // incarnation by its number means no other.
      dropped_by_kill_ += next_.size();
      dropped.entries.swap(next_);
      next_wanted_ = false;
      next_begun_by_ = {};
      tell_of_room();
    }
    return action::none;
  }
  if (shut_)
    dropped.why = drop_reason::shutting_down;
  (shut_ ? dropped_at_shutdown_ : dropped_by_kill_) += drop_tasks(waiting_, dropped.entries);
  if (number == 0)
    next_wanted_ = false; // hired again after an abort
  if (!is_main_ || shut_)
    phase_ = phase::killed;
  tell_of_room();
  ask_for_end();
  return std::exchange(drain_sent_, true) ? action::none : action::wake;
}

slot::action slot::abort() {
  const std::scoped_lock guard{lock_};
  if (phase_ != phase::alive || is_main_)
    return action::none;
  phase_ = phase::aborted;
  ask_for_end();
  return std::exchange(drain_sent_, true) ? action::none : action::wake;
}

void slot::ask_for_end() {
  end_requested_.store(true, std::memory_order_release);
  if (pausing_ != nullptr)
    pausing_->wake();
}

void slot::set_pausing(std::shared_ptr<pausing> in) {
  const std::scoped_lock guard{lock_};
  pausing_.swap(in);
}

void slot::shut() {
  dropped_entries dropped{drop_reason::shutting_down, *this};
  const std::scoped_lock guard{lock_};
  shut_ = true;
  next_wanted_ = false;
  dropped_at_shutdown_ += next_.size();
  dropped.entries.swap(next_);
  tell_of_room();
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
    drain_sent_ = false;
    taken_ = 0;
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
    in_hand_.store(1, std::memory_order_relaxed);
    taken_ = 1;
    tell_of_room();
    return true;
  }
  batch.swap(waiting_);
  hand_since_ = waiting_since_;
  has_waiting_.store(false, std::memory_order_relaxed);
  in_hand_.store(batch.size(), std::memory_order_relaxed);
  taken_ = batch.size();
  return true;
}

std::uint64_t slot::drop_tasks(entry_queue& from, entry_queue& dropped) {
  std::size_t few = 0;
  from.for_each([&](const entry& e) { few += is_lifecycle(e.kind) ? 1 : 0; });
  entry_queue kept;
  kept.reserve(few);
  if (few != 0) {
    from.for_each([&](entry& e) {
      if (is_lifecycle(e.kind))
        kept.push_back(std::move(e));
    });
  }
  const auto count = static_cast<std::uint64_t>(from.size() - few);
  dropped.swap(from);
  from.swap(kept);
  return count;
}

slot::request slot::notice_end(entry_queue& rest) {
  dropped_entries dropped{drop_reason::killed, *this};
  const std::scoped_lock guard{lock_};
  end_requested_.store(false, std::memory_order_release);
  if (phase_ == phase::aborted) {
    // Tasks are for the next incarnation; what others own of this one (requests, messages, ends)
    // goes with it.
    const bool rest_waits = !rest.empty();
    entry_queue kept;
    for (entry_queue* from : {&rest, &waiting_, &next_}) {
      for (; !from->empty(); from->pop_front()) {
        auto& one = from->front();
        (one.kind == entry_kind::task ? kept : dropped.entries).push_back(std::move(one));
      }
    }
    next_since_ = rest_waits ? hand_since_ : waiting_since_;
    next_ = std::move(kept);
    next_begun_by_ = begun_by_;
    dropped.why = drop_reason::aborted;
    dropped_by_kill_ += dropped.entries.size();
    phase_ = phase::sealed;
    return request::abort;
  }
  if (shut_)
    dropped.why = drop_reason::shutting_down;
  (shut_ ? dropped_at_shutdown_ : dropped_by_kill_) += drop_tasks(rest, dropped.entries);
  if (phase_ == phase::alive)
    return request::empty;
  phase_ = phase::closing;
  return shut_ ? request::shut_down : request::kill;
}

bool slot::seal() {
  const std::scoped_lock guard{lock_};
  if (!waiting_.empty())
    return false;
  phase_ = phase::sealed;
  return true;
}

slot::action slot::ended(registrar& book) {
  runner_ptr gone;
  const std::scoped_lock guard{lock_};
  gone.swap(runner_);
  number_ = 0;
  phase_ = phase::vacant;
  if (shut_ || (next_.empty() && !next_wanted_))
    return action::none;
  waiting_.swap(next_);
  waiting_since_ = next_since_;
  tell_of_room();
  begin_incarnation(book);
  return action::spawn;
}

std::size_t slot::stillborn() {
  dropped_entries dropped{drop_reason::no_thread, *this};
  const std::scoped_lock guard{lock_};
  number_ = 0;
  phase_ = phase::vacant;
  end_requested_.store(false, std::memory_order_release);
  next_wanted_ = false;
  dropped.entries.swap(waiting_);
  dropped.entries.append(std::move(next_));
  dropped_by_kill_ += dropped.entries.size();
  return dropped.entries.size();
}

} // namespace callsign::detail
