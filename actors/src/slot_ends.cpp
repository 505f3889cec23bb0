// How an incarnation ends, and what becomes of what waits.

#include "actors/src/slot_habits.hpp"

#include <utility>

namespace callsign::detail {

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

slot::action slot::kill(worker_number number, why_ended why, std::string what) {
  dropped_entries dropped{why == why_ended::killed ? drop_reason::killed : drop_reason::failed,
                          *this};
  const std::scoped_lock guard{lock_};
  if (phase_ == phase::vacant || (number != 0 && number != number_))
    return action::none;
  const bool is_leaving = phase_ == phase::leaving;
  if (number == 0 && phase_ != phase::alive) {
    // No other begins by itself: neither one that was hired, nor after a failure.
    next_wanted_ = false;
    rests_ = false;
  }
  if (phase_ != phase::alive && phase_ != phase::aborted && !is_leaving) {
    if (number == 0) {
      // Killed again before its end. What was asked for between the two kills goes; who means the
      // incarnation by its number means no other.
      dropped_by_kill_ += next_.size();
      dropped.entries.swap(next_);
      next_begun_by_ = {};
      tell_of_room();
    }
    if (phase_ == phase::resting)
      phase_ = phase::vacant;
    return action::none;
  }
  if (shut_) {
    dropped.why = drop_reason::shutting_down;
    why = why_ended::shut_down;
  }
  why_ = why;
  if (why == why_ended::failed)
    all_habits().what = std::move(what);
  auto& count = shut_ ? dropped_at_shutdown_ : dropped_by_kill_;
  count += drop_tasks(waiting_, dropped.entries);
  if (number == 0 && is_leaving) {
    count += next_.size();
    dropped.entries.append(std::move(next_));
    next_begun_by_ = {};
  }
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
  why_ = why_ended::aborted;
  ask_for_end();
  return std::exchange(drain_sent_, true) ? action::none : action::wake;
}

void slot::ask_for_end() {
  end_requested_.store(true, std::memory_order_release);
  if (pausing_ != nullptr)
    pausing_->wake();
}

void slot::shut() {
  dropped_entries dropped{drop_reason::shutting_down, *this};
  const std::scoped_lock guard{lock_};
  shut_ = true;
  next_wanted_ = false;
  if (phase_ == phase::resting)
    phase_ = phase::vacant;
  dropped_at_shutdown_ += next_.size();
  dropped.entries.swap(next_);
  tell_of_room();
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
        const bool is_kept = one.kind == entry_kind::task && !one.is_of_one_life;
        (is_kept ? kept : dropped.entries).push_back(std::move(one));
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
  if (phase_ == phase::leaving) {
    keep_tasks(rest, dropped.entries);
    if (why_ == why_ended::failed || why_ == why_ended::with_others)
      dropped.why = drop_reason::failed;
    dropped_by_kill_ += dropped.entries.size();
    phase_ = phase::closing;
    return request::leave;
  }
  if (why_ == why_ended::failed || why_ == why_ended::with_others)
    dropped.why = drop_reason::failed;
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
  dropped_entries dropped{drop_reason::shutting_down, *this};
  const std::scoped_lock guard{lock_};
  gone.swap(runner_);
  number_ = 0;
  phase_ = phase::vacant;
  if (shut_) {
    // What an abort or a failure has kept for the next incarnation, which will not be.
    dropped_at_shutdown_ += next_.size();
    dropped.entries.swap(next_);
    return action::none;
  }
  if (rests_) {
    phase_ = phase::resting;
    return action::none;
  }
  if (next_.empty() && !next_wanted_)
    return action::none;
  begin_with_next(book);
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
