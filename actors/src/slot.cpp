#include "actors/src/slot.hpp"

#include <algorithm>
#include <cstring>
#include <iterator>
#include <utility>

namespace callsign::detail {

namespace {

/// A mailbox that once held a burst gives the memory back when the burst is over.
constexpr std::size_t kept_capacity = 1024;

std::string label_of(const char* file, std::uint32_t line) {
  const char* slash = std::strrchr(file, '/');
  return std::string(slash == nullptr ? file : slash + 1) + ':' + std::to_string(line);
}

} // namespace

std::string label_of(const std::source_location& where) {
  return label_of(where.file_name(), where.line());
}

slot::slot(main_tag, std::string name, std::chrono::system_clock::time_point now)
    : name_{std::move(name)}, phase_{phase::alive}, kind_{runs_on::own_thread}, is_main_{true},
      number_{main_worker}, incarnation_{1}, created_{now} {}

void slot::begin_incarnation(registrar& book) {
  const birth born = book.enrol(shared_from_this());
  number_ = born.number;
  created_ = born.when;
  phase_ = phase::alive;
  kind_ = std::exchange(next_kind_, std::nullopt).value_or(kind_);
  next_wanted_ = false;
  next_high_water_ = first_high_water;
  ++incarnation_;
  drain_sent_ = true; // whoever spawns the actor sends its first drain
  end_requested_.store(false, std::memory_order_release);
}

void slot::note_length(std::size_t waiting) noexcept {
  const auto length = waiting + in_hand_.load(std::memory_order_relaxed);
  if (length < next_high_water_)
    return;
  high_water_.store(length, std::memory_order_relaxed);
  while (next_high_water_ <= length)
    next_high_water_ *= 2;
}

slot::outcome slot::post(entry&& what, worker_number sender, registrar& book) {
  what.sender = static_cast<std::uint32_t>(sender);
  const std::scoped_lock guard{lock_};
  if (shut_) {
    ++dropped_at_shutdown_;
    return {call_result::shutting_down, action::none};
  }
  switch (phase_) {
  case phase::vacant:
    // Nothing waits in a mailbox that no incarnation has: whoever called is told that it failed.
    waiting_.reserve(1);
    begin_incarnation(book);
    waiting_.push_back(std::move(what));
    return {call_result::created, action::spawn};
  case phase::alive:
    waiting_.push_back(std::move(what));
    note_length(waiting_.size());
    return {call_result::queued, std::exchange(drain_sent_, true) ? action::none : action::wake};
  case phase::aborted:
    waiting_.push_back(std::move(what));
    return {call_result::queued, action::none};
  case phase::killed:
  case phase::closing:
  case phase::sealed: break;
  }
  if (sender == number_ && sender != 0) {
    ++dropped_after_own_kill_;
    return {call_result::killed_itself, action::none};
  }
  next_.push_back(std::move(what));
  note_length(next_.size());
  return {call_result::queued, action::none};
}

slot::outcome slot::post_to(worker_number number, entry&& what, worker_number sender) {
  what.sender = static_cast<std::uint32_t>(sender);
  const std::scoped_lock guard{lock_};
  if (number_ != number || phase_ == phase::vacant) {
    return {call_result::no_such_worker, action::none};
  }
  const bool is_task = !is_lifecycle(what.kind);
  if (shut_ && is_task) {
    ++dropped_at_shutdown_;
    return {call_result::shutting_down, action::none};
  }
  if (phase_ == phase::sealed || (phase_ != phase::alive && is_task)) {
    if (sender == number) {
      ++dropped_after_own_kill_;
      return {call_result::killed_itself, action::none};
    }
    ++dropped_by_kill_;
    return {call_result::no_such_worker, action::none};
  }
  waiting_.push_back(std::move(what));
  note_length(waiting_.size());
  return {call_result::queued, std::exchange(drain_sent_, true) ? action::none : action::wake};
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
    return {call_result::shutting_down, action::none};
  if (is_dying()) {
    next_kind_ = where;
    next_wanted_ = true;
    return {call_result::queued, action::none};
  }
  if (phase_ == phase::alive) {
    if (kind_ == where)
      return {call_result::queued, action::none};
    throw failure{{make_error_code(errc::worker_kind_differs), "hire the worker \"" + name_ + "\"",
                   "kill it first, or hire it before it is called"}};
  }
  // What an earlier hire wanted for an incarnation that never began is out of date.
  next_kind_ = where;
  begin_incarnation(book);
  return {call_result::created, action::spawn};
}

slot::action slot::kill(worker_number number) {
  std::vector<entry> dropped;
  const std::scoped_lock guard{lock_};
  if (phase_ == phase::vacant || (number != 0 && number != number_))
    return action::none;
  if (phase_ != phase::alive && phase_ != phase::aborted) {
    if (number == 0) {
      // Killed again before its end. What was asked for between the two kills goes; who means the
      // incarnation by its number means no other.
      dropped_by_kill_ += next_.size();
      dropped.swap(next_);
      next_wanted_ = false;
    }
    return action::none;
  }
  (shut_ ? dropped_at_shutdown_ : dropped_by_kill_) += drop_tasks(waiting_, dropped);
  if (number == 0)
    next_wanted_ = false; // hired again after an abort
  if (!is_main_ || shut_)
    phase_ = phase::killed;
  end_requested_.store(true, std::memory_order_release);
  return std::exchange(drain_sent_, true) ? action::none : action::wake;
}

slot::action slot::abort() {
  const std::scoped_lock guard{lock_};
  if (phase_ != phase::alive || is_main_)
    return action::none;
  phase_ = phase::aborted;
  end_requested_.store(true, std::memory_order_release);
  return std::exchange(drain_sent_, true) ? action::none : action::wake;
}

void slot::shut() {
  std::vector<entry> dropped;
  const std::scoped_lock guard{lock_};
  shut_ = true;
  next_wanted_ = false;
  dropped_at_shutdown_ += next_.size();
  dropped.swap(next_);
}

void slot::set_runner(std::shared_ptr<runner> who) {
  const std::scoped_lock guard{lock_};
  runner_.swap(who);
}

std::shared_ptr<runner> slot::current_runner() const {
  const std::scoped_lock guard{lock_};
  return runner_;
}

bool slot::take(std::vector<entry>& batch) {
  std::vector<entry> burst;
  const std::scoped_lock guard{lock_};
  if (end_requested_.load(std::memory_order_relaxed))
    return true;
  if (waiting_.empty()) {
    drain_sent_ = false;
    if (waiting_.capacity() > kept_capacity)
      waiting_.swap(burst);
    if (batch.capacity() > kept_capacity)
      std::vector<entry>{}.swap(batch);
    return false;
  }
  batch.swap(waiting_);
  in_hand_.store(batch.size(), std::memory_order_relaxed);
  return true;
}

std::uint64_t slot::drop_tasks(std::vector<entry>& from, std::vector<entry>& dropped) {
  const auto stays = [](const entry& e) { return is_lifecycle(e.kind); };
  std::vector<entry> kept;
  kept.reserve(static_cast<std::size_t>(std::ranges::count_if(from, stays)));
  for (entry& e : from) {
    if (stays(e))
      kept.push_back(std::move(e));
  }
  const auto count = static_cast<std::uint64_t>(from.size() - kept.size());
  dropped.swap(from);
  from.swap(kept);
  return count;
}

slot::request slot::notice_end(std::vector<entry>& rest, std::size_t first) {
  std::vector<entry> dropped;
  std::unique_lock guard{lock_};
  end_requested_.store(false, std::memory_order_release);
  if (phase_ == phase::aborted) {
    // Tasks are for the next incarnation; what others own of this one (requests, messages, ends)
    // goes with it.
    std::vector<entry> kept;
    const auto sort_out = [&](std::vector<entry>& from, std::size_t begin) {
      for (std::size_t i = begin; i < from.size(); ++i) {
        (from[i].kind == entry_kind::task ? kept : dropped).push_back(std::move(from[i]));
      }
      from.resize(begin);
    };
    sort_out(rest, first);
    sort_out(waiting_, 0);
    sort_out(next_, 0);
    next_ = std::move(kept);
    dropped_by_kill_ += dropped.size();
    phase_ = phase::sealed;
    return request::abort;
  }
  const auto begin = rest.begin() + static_cast<std::ptrdiff_t>(first);
  const auto kept_end =
      std::stable_partition(begin, rest.end(), [](const entry& e) { return is_lifecycle(e.kind); });
  (shut_ ? dropped_at_shutdown_ : dropped_by_kill_) +=
      static_cast<std::uint64_t>(std::distance(kept_end, rest.end()));
  const auto asked = phase_ == phase::alive ? request::empty
                     : shut_                ? request::shut_down
                                            : request::kill;
  if (asked != request::empty)
    phase_ = phase::closing;
  guard.unlock();
  rest.erase(kept_end, rest.end());
  return asked;
}

bool slot::seal() {
  const std::scoped_lock guard{lock_};
  if (!waiting_.empty())
    return false;
  phase_ = phase::sealed;
  return true;
}

slot::action slot::ended(registrar& book) {
  std::shared_ptr<runner> gone;
  const std::scoped_lock guard{lock_};
  gone.swap(runner_);
  number_ = 0;
  phase_ = phase::vacant;
  if (shut_ || (next_.empty() && !next_wanted_))
    return action::none;
  waiting_.swap(next_);
  begin_incarnation(book);
  return action::spawn;
}

std::size_t slot::stillborn() {
  std::vector<entry> dropped;
  std::vector<entry> dropped_next;
  const std::scoped_lock guard{lock_};
  number_ = 0;
  phase_ = phase::vacant;
  end_requested_.store(false, std::memory_order_release);
  next_wanted_ = false;
  dropped.swap(waiting_);
  dropped_next.swap(next_);
  const auto count = dropped.size() + dropped_next.size();
  dropped_by_kill_ += count;
  return count;
}

slot::glimpse::glimpse(const entry& what)
    : kind{what.kind}, sender{what.sender}, where{what.where} {}

std::vector<slot::glimpse> slot::waiting() const {
  const std::scoped_lock guard{lock_};
  return {waiting_.begin(), waiting_.end()};
}

entry slot::take_out(std::size_t index) {
  const std::scoped_lock guard{lock_};
  const auto which = waiting_.begin() + static_cast<std::ptrdiff_t>(index);
  entry what = std::move(*which);
  waiting_.erase(which);
  return what;
}

void slot::set_running(const char* file, std::uint32_t line) noexcept {
  running_line_.store(line, std::memory_order_relaxed);
  running_file_.store(file, std::memory_order_relaxed);
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
  now.state = phase_ == phase::closing || phase_ == phase::sealed ? worker_state::closing
              : now.running.empty()                               ? worker_state::idle
                                                                  : worker_state::executing;
  now.waiting = waiting_.size() + next_.size() + in_hand_.load(std::memory_order_relaxed);
  now.dropped_by_kill = dropped_by_kill_;
  now.dropped_after_own_kill = dropped_after_own_kill_;
  now.dropped_at_shutdown = dropped_at_shutdown_;
  now.created = created_;
  return now;
}

} // namespace callsign::detail
