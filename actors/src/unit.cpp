#include "actors/src/unit.hpp"

namespace callsign::detail {

namespace {

/// So many actors before its turn, an actor's memory is asked for: hundreds of them run once in a
/// turn, and what they have does not stay in the nearest cache from one turn to the next.
constexpr std::size_t ahead = 3;

void fetch_early(const caf::resumable* who) noexcept {
  constexpr std::size_t line = 64;
  const auto* const at = reinterpret_cast<const char*>(who);
  for (std::size_t i = 0; i < 4; ++i)
    __builtin_prefetch(at + i * line, 1);
}

} // namespace

void unit::context_unit::exec_later(caf::resumable* who) { system().scheduler().enqueue(who); }

thread_unit::~thread_unit() {
  for (auto* queue : {&this_round_, &ready_, &inbox_}) {
    for (auto* who : *queue)
      caf::intrusive_ptr_release(who);
  }
}

void thread_unit::schedule(caf::resumable* who) {
  // Only the thread that reads its own name here has written it.
  if (running_.load(std::memory_order_relaxed) == std::this_thread::get_id())
    return ready_.push_back(who);
  bool must_wake = false;
  {
    const std::scoped_lock guard{lock_};
    inbox_.push_back(who);
    must_wake = !std::exchange(is_awake_, true);
  }
  if (must_wake)
    wake_();
}

bool thread_unit::take_inbox() {
  const std::scoped_lock guard{lock_};
  ready_.insert(ready_.end(), inbox_.begin(), inbox_.end());
  inbox_.clear();
  is_awake_ = !ready_.empty();
  return is_awake_;
}

thread_unit::visit::visit(thread_unit& unit) noexcept
    : unit_{unit}, before_{unit.running_.load(std::memory_order_relaxed)} {
  unit_.running_.store(std::this_thread::get_id(), std::memory_order_relaxed);
}

thread_unit::visit::~visit() { unit_.running_.store(before_, std::memory_order_relaxed); }

bool thread_unit::run_ready(std::size_t rounds) {
  const visit here{*this};
  // Its memory alone is shared: an actor may have the unit run others while it waits.
  std::vector<caf::resumable*> round;
  round.swap(this_round_);
  bool more = true;
  for (;;) {
    more = take_inbox();
    // If there is more, the caller comes back by itself, so nobody needs to wake it.
    if (!more || rounds-- == 0)
      break;
    round.swap(ready_);
    for (std::size_t i = 0; i < round.size(); ++i) {
      if (i + ahead < round.size())
        fetch_early(round[i + ahead]);
      auto* const job = round[i];
      switch (job->resume(&context(), 64)) {
      case caf::resumable::resume_later: ready_.push_back(job); break;
      case caf::resumable::done:
      case caf::resumable::awaiting_message: caf::intrusive_ptr_release(job); break;
      case caf::resumable::shutdown_execution_unit: break;
      }
    }
    round.clear();
  }
  this_round_.swap(round);
  return more;
}

void placed_actor::enqueue(caf::mailbox_element_ptr what, caf::execution_unit* host) {
  caf::event_based_actor::enqueue(std::move(what), unit_ == nullptr ? host : &unit_->gate());
}

void placed_actor::launch(caf::execution_unit* host, bool lazy, bool hide) {
  caf::event_based_actor::launch(unit_ == nullptr ? host : &unit_->gate(), lazy, hide);
}

} // namespace callsign::detail
