#include "actors/src/worker_actor.hpp"

#include "actors/src/brief_lock.hpp"
#include "actors/src/held_wakes.hpp"
#include "actors/src/worker_system.hpp"

#include <algorithm>
#include <ctime>

namespace callsign::detail {

namespace {

std::chrono::nanoseconds processor_time_here() noexcept {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return std::chrono::seconds{now.tv_sec} + std::chrono::nanoseconds{now.tv_nsec};
}

/// What this thread works from here to the end is put down to a worker; null: to nobody, which
/// costs nothing.
class processor_time_of {
public:
  explicit processor_time_of(slot* who) noexcept : who_{who} {
    if (who_ != nullptr)
      before_ = processor_time_here();
  }
  ~processor_time_of() {
    if (who_ != nullptr)
      who_->add_processor_time(processor_time_here() - before_);
  }
  processor_time_of(const processor_time_of&) = delete;
  processor_time_of& operator=(const processor_time_of&) = delete;

private:
  slot* who_;
  std::chrono::nanoseconds before_{};
};

} // namespace

worker_actor::worker_actor(caf::actor_config& config, worker_system& system,
                           std::shared_ptr<slot> whose, std::shared_ptr<unit> where,
                           worker_number number)
    : caf::monitorable_actor{config}, slot_{std::move(whose)}, where_{std::move(where)} {
  self_.emplace(system, slot_, number);
}

runner_ptr worker_actor::spawn(worker_system& system, const std::shared_ptr<slot>& whose,
                               std::shared_ptr<unit> where, worker_number number) {
  caf::actor_config config;
  auto& actors = system.actors();
  const auto made = caf::make_actor<worker_actor, caf::strong_actor_ptr>(
      actors.next_actor_id(), actors.node(), &actors, config, system, whose, std::move(where),
      number);
  return runner_ptr{static_cast<worker_actor*>(caf::actor_cast<caf::abstract_actor*>(made))};
}

void worker_actor::enqueue(caf::mailbox_element_ptr what, caf::execution_unit*) { bounce(what); }

void worker_actor::on_destroy() {
  // One that never ran; after the last drain this does nothing.
  cleanup(caf::exit_reason::unreachable, nullptr);
}

void worker_actor::wake() noexcept {
  auto seen = state_.load(std::memory_order_relaxed);
  for (;;) {
    const auto next = seen == state::idle ? state::scheduled : state::again;
    if (seen == state::again || state_.compare_exchange_weak(seen, next, std::memory_order_acq_rel))
      break;
  }
  if (seen == state::idle)
    schedule();
}

void worker_actor::schedule() {
  add_reference(); // whoever resumes it gives it back
  if (where_ != nullptr) {
    where_->schedule(this);
  } else if (!held_wakes::take(home_system(), this)) {
    home_system().scheduler().enqueue(this);
  }
}

caf::resumable::resume_result worker_actor::resume(caf::execution_unit*, std::size_t) {
  const processor_time_of measured{self_->system().is_measuring() ? slot_.get() : nullptr};
  switch (drain()) {
  case result::ended: return done;
  case result::more: return resume_later;
  case result::all_done: break;
  }
  auto seen = state::scheduled;
  if (state_.compare_exchange_strong(seen, state::idle, std::memory_order_acq_rel))
    return awaiting_message;
  state_.store(state::scheduled, std::memory_order_release);
  return resume_later;
}

worker_actor::upcoming worker_actor::next_step() const {
  if (slot_->is_end_requested())
    return {.is_end = true, .entry = std::nullopt};
  const auto all = waiting();
  if (all.empty())
    return {.is_end = false, .entry = std::nullopt};
  return {.is_end = false, .entry = all.front()};
}

std::vector<slot::glimpse> worker_actor::waiting() const {
  std::vector<slot::glimpse> all;
  in_hand_.for_each([&](const entry& e) { all.emplace_back(e); });
  for (const auto& one : slot_->waiting())
    all.push_back(one);
  return all;
}

void worker_actor::prepone(std::size_t index) {
  const auto taken = in_hand_.size();
  entry_queue all;
  all.push_back(index < taken ? in_hand_.take_out(index) : slot_->take_out(index - taken));
  all.append(std::move(in_hand_));
  in_hand_.swap(all);
  slot_->set_in_hand(in_hand_.size());
}

bool worker_actor::refill() {
  if (!in_hand_.empty())
    return true;
  if (!slot_->take(in_hand_) || in_hand_.empty())
    return false;
  took_one_ = in_hand_.size() == 1;
  return true;
}

void worker_actor::linger() const {
  constexpr std::size_t pauses_between_looks = 16;
  if (slot_->is_limited() && slot_->has_waiting())
    return;
  const drain_limits& limits = self_->system().hooks().limits;
  std::size_t left = limits.pauses;
  for (bool has_come = false; left != 0 && !slot_->is_end_requested();) {
    const std::size_t now = std::min(left, pauses_between_looks);
    for (std::size_t i = 0; i < now; ++i)
      pause_processor();
    left -= now;
    if (!has_come && slot_->has_waiting()) {
      has_come = true;
      left = took_one_ ? 0 : std::min(left, limits.pauses_for_more);
    }
  }
}

std::size_t worker_actor::run_hand(std::size_t most) {
  const incarnation::turn here{*self_};
  std::size_t ran = 0;
  do {
    ++ran;
    slot_->set_in_hand(in_hand_.size() - 1);
    self_->run(in_hand_.front(), here);
    in_hand_.pop_front();
  } while (ran < most && !in_hand_.empty() && !slot_->is_end_requested());
  return ran;
}

worker_actor::result worker_actor::drain() noexcept {
  constexpr std::size_t look_at_clock_every = 16;
  std::size_t steps = 0;
  bool is_late = false;
  const drain_limits& limits = self_->system().hooks().limits;
  const clock_source& clock = self_->system().clock();
  auto now = clock.now();
  const auto until = now + limits.time;
  for (;;) {
    const bool end_is_asked = slot_->is_end_requested();
    if (!end_is_asked && in_hand_.empty() && steps >= limits.busy)
      linger();
    if (!end_is_asked && !refill()) {
      if (slot_->is_end_requested())
        continue;
      if (!is_closing_) {
        if (slot_->idle_after() > std::chrono::nanoseconds{0})
          self_->fall_idle();
        return result::all_done;
      }
      if (self_->has_residents())
        return result::all_done;
      if (slot_->seal()) {
        finish();
        return result::ended;
      }
      continue;
    }
    if (steps >= limits.entries || is_late)
      return result::more;
    if (end_is_asked) {
      ++steps;
      notice_end();
      continue;
    }
    const auto next_look = look_at_clock_every - steps % look_at_clock_every;
    slot_->set_turn(now);
    steps += run_hand(std::min(next_look, limits.entries - steps));
    if (steps % look_at_clock_every == 0) {
      now = clock.now();
      is_late = now >= until;
    }
  }
}

void worker_actor::notice_end() {
  const auto asked = self_->notice_end(in_hand_);
  slot_->set_in_hand(in_hand_.size());
  switch (asked) {
  case slot::request::empty: return;
  case slot::request::kill: self_->end_residents(end_reason::killed); break;
  case slot::request::abort: self_->end_residents(end_reason::aborted); break;
  case slot::request::leave: self_->end_residents(end_reason::failed); break;
  case slot::request::shut_down: self_->end_residents(end_reason::shut_down); break;
  }
  is_closing_ = true;
}

void worker_actor::finish() {
  const auto number = self_->number();
  auto& system = self_->system();
  // All of this life ends before the next may begin.
  self_.reset();
  cleanup(caf::exit_reason::normal, nullptr);
  system.incarnation_ended(slot_, number);
}

} // namespace callsign::detail
