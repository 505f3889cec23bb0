#include "actors/src/worker_actor.hpp"

#include "actors/src/worker_system.hpp"

#include <algorithm>

namespace callsign::detail {

worker_actor::worker_actor(caf::actor_config& config, unit* where, worker_system& system,
                           std::shared_ptr<slot> whose, worker_number number, drain_limits limits)
    : placed_actor{config, where}, system_{system}, slot_{std::move(whose)},
      self_{std::make_unique<incarnation>(system, slot_, number)}, limits_{limits} {}

caf::behavior worker_actor::make_behavior() {
  return {[this](drain_mail) { drain(); }};
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
  std::vector<slot::glimpse> all{in_hand_.begin() + static_cast<std::ptrdiff_t>(next_),
                                 in_hand_.end()};
  for (const auto& one : slot_->waiting())
    all.push_back(one);
  return all;
}

void worker_actor::prepone(std::size_t index) {
  const auto first = in_hand_.begin() + static_cast<std::ptrdiff_t>(next_);
  const auto taken = in_hand_.size() - next_;
  if (index < taken) {
    const auto which = first + static_cast<std::ptrdiff_t>(index);
    std::rotate(first, which, which + 1);
  } else {
    in_hand_.insert(first, slot_->take_out(index - taken));
    slot_->set_in_hand(taken + 1);
  }
}

bool worker_actor::refill() {
  if (next_ < in_hand_.size())
    return true;
  in_hand_.clear();
  next_ = 0;
  return slot_->take(in_hand_) && !in_hand_.empty();
}

void worker_actor::run_next() {
  entry what = std::move(in_hand_[next_++]);
  slot_->set_in_hand(in_hand_.size() - next_);
  self_->run(what);
}

void worker_actor::drain() noexcept {
  std::size_t steps = 0;
  const auto until = std::chrono::steady_clock::now() + limits_.time;
  for (;;) {
    const bool end_is_asked = slot_->is_end_requested();
    if (!end_is_asked && !refill()) {
      if (slot_->is_end_requested())
        continue;
      if (!is_closing_ || self_->has_residents())
        return;
      if (slot_->seal())
        return finish();
      continue;
    }
    if (steps >= limits_.entries ||
        (steps != 0 && steps % 16 == 0 && std::chrono::steady_clock::now() >= until)) {
      // Others wait for this thread. The mail goes to the end of the line, the entries stay in
      // hand.
      caf::event_based_actor::send(this, drain_mail::value);
      return;
    }
    ++steps;
    if (end_is_asked) {
      notice_end();
    } else {
      run_next();
    }
  }
}

void worker_actor::notice_end() {
  const auto asked = self_->notice_end(in_hand_, next_);
  slot_->set_in_hand(in_hand_.size() - next_);
  switch (asked) {
  case slot::request::empty: return;
  case slot::request::kill: self_->end_residents(end_reason::killed); break;
  case slot::request::abort: self_->end_residents(end_reason::aborted); break;
  case slot::request::shut_down: self_->end_residents(end_reason::shut_down); break;
  }
  is_closing_ = true;
}

void worker_actor::finish() {
  const auto number = self_->number();
  // All of this life ends before the next may begin.
  self_.reset();
  quit();
  system_.incarnation_ended(slot_, number);
}

} // namespace callsign::detail
