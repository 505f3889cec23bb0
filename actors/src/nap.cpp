// Idle workers, and what becomes of them.

#include "actors/src/nap.hpp"

#include "actors/src/ticker.hpp"
#include "actors/src/watch.hpp"
#include "actors/src/worker_system.hpp"

#include <callsign/topic.hpp>

#include <algorithm>

namespace callsign::detail {

void nap::begin(std::chrono::nanoseconds after, std::uint64_t handled) {
  since_.store(system_.wheel().now().time_since_epoch().count(), std::memory_order_relaxed);
  after_.store(after.count(), std::memory_order_relaxed);
  handled_.store(handled, std::memory_order_relaxed);
  if (!is_armed_.exchange(true, std::memory_order_acq_rel))
    system_.wheel().arm(shared_from_this(), when());
}

void nap::forget() noexcept {
  if (is_armed_.load(std::memory_order_acquire))
    system_.wheel().disarm(*this);
}

void nap::due() noexcept {
  if (const auto until = when(); system_.wheel().now() < until) {
    system_.wheel().arm(shared_from_this(), until);
    return;
  }
  const auto handled = handled_.load(std::memory_order_relaxed);
  is_armed_.store(false, std::memory_order_release);
  of_.post(entry_kind::timer,
           [handled](worker& self) { self.incarnation().passivate_if_idle(handled); });
}

void incarnation::fall_idle() {
  auto& mine = more();
  if (mine.rests == nullptr)
    mine.rests = std::make_shared<nap>(system_, port_of_this());
  mine.rests->begin(where_->idle_after(), where_->handled());
}

bool incarnation::has_ties() const {
  if (!residents_.empty())
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

void incarnation::passivate_if_idle(std::uint64_t handled) {
  // Whatever has run since the nap began has ended it.
  if (where_->handled() != handled || where_->idle_after() == std::chrono::nanoseconds{0} ||
      !where_->is_quiet() || has_ties())
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
