// Idle workers, and what becomes of them.

#include "actors/src/nap.hpp"

#include "actors/src/ticker.hpp"
#include "actors/src/watch.hpp"
#include "actors/src/worker_system.hpp"

#include <callsign/topic.hpp>

#include <algorithm>
#include <utility>

namespace callsign::detail {

void nap::begin(std::chrono::nanoseconds after, std::uint64_t handled) {
  since_.store(system_.wheel().now().time_since_epoch().count(), std::memory_order_relaxed);
  const bool is_shorter = after.count() < after_.exchange(after.count(), std::memory_order_relaxed);
  handled_.store(handled, std::memory_order_relaxed);
  // One that has come just now, and so cannot be disarmed, looks at the new time by itself.
  if (!is_armed_.exchange(true, std::memory_order_acq_rel) ||
      (is_shorter && system_.wheel().disarm(*this)))
    system_.wheel().arm(shared_from_this(), when());
}

void nap::forget() noexcept {
  if (is_armed_.load(std::memory_order_acquire))
    system_.wheel().disarm(*this);
}

void nap::due() noexcept {
  for (auto until = when(); system_.wheel().now() < until;) {
    system_.wheel().arm(shared_from_this(), until);
    const auto armed_for = std::exchange(until, when());
    if (until >= armed_for || !system_.wheel().disarm(*this))
      return;
  }
  const auto handled = handled_.load(std::memory_order_relaxed);
  is_armed_.store(false, std::memory_order_release);
  system_.post_event(
      whose_.shared_from_this(), number_,
      entry{.kind = entry_kind::timer,
            .where = std::source_location::current(),
            .run = [handled](worker& self) { self.incarnation().passivate_if_idle(handled); }});
}

void incarnation::fall_idle() {
  if (nap_ == nullptr)
    nap_ = std::make_shared<nap>(system_, *where_, number_);
  nap_->begin(where_->idle_after(), where_->handled());
}

bool incarnation::has_ties() const {
  if (has_residents())
    return true;
  const auto subscribed = std::ranges::find(variables_, memberships.name, &variable::name);
  if (subscribed != variables_.end()) {
    const auto& all =
        *static_cast<const std::vector<std::shared_ptr<membership>>*>(subscribed->box->value());
    if (std::ranges::any_of(all, [](const auto& one) { return one->is_active.load(); }))
      return true;
  }
  const auto is_active = [](const auto& one) {
    const auto left = one.lock();
    return left != nullptr && left->is_active();
  };
  return more_ != nullptr && (more_->asks != 0 || std::ranges::any_of(more_->tickers, is_active) ||
                              std::ranges::any_of(more_->watches, is_active));
}

bool incarnation::is_idle_since(std::uint64_t handled) const {
  return where_->handled() == handled && where_->is_quiet() && !has_ties();
}

void incarnation::retire_if_idle(std::uint64_t handled) {
  // What has come meanwhile is kept for the next one.
  if (is_idle_since(handled))
    std::ignore = where_->leave({.number = number_, .why = why_ended::killed});
}

void incarnation::passivate_if_idle(std::uint64_t handled) {
  // Whatever has run since the nap began has ended it.
  if (where_->idle_after() == std::chrono::nanoseconds{0} || !is_idle_since(handled))
    return;
  if (const auto hook = where_->passivation_hook()) {
    try {
      (*hook)(place_);
    } catch (...) {
      where_->count_failed();
      report_current_exception("on_passivate");
    }
  }
  // What has come meanwhile is kept for the next one.
  std::ignore = where_->leave({.number = number_, .why = why_ended::passivated});
}

} // namespace callsign::detail
