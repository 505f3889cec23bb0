// Slots that have to do with pools: the pool's own, in which nobody lives, and its members'.

#include "actors/src/slot_bounds.hpp"

namespace callsign::detail {

bool slot::become(pool& what) {
  const std::scoped_lock guard{lock_};
  if (phase_ != phase::vacant || (bounds_ != nullptr && bounds_->members != nullptr))
    return false;
  if (bounds_ == nullptr)
    bounds_ = std::make_unique<bounds>();
  bounds_->members = &what;
  limited_.store(true, std::memory_order_relaxed);
  return true;
}

pool* slot::as_pool() const {
  if (!is_limited())
    return nullptr;
  const std::scoped_lock guard{lock_};
  return bounds_->members;
}

std::size_t slot::load() const {
  const std::scoped_lock guard{lock_};
  return waiting_.size() + next_.size() + in_hand_.load(std::memory_order_relaxed) +
         (running_file_.load(std::memory_order_relaxed) != nullptr ? 1 : 0);
}

slot::action slot::retire(bool& is_gone) {
  const std::scoped_lock guard{lock_};
  is_gone = phase_ == phase::vacant;
  if (phase_ != phase::alive || shut_ || !waiting_.empty() ||
      in_hand_.load(std::memory_order_relaxed) != 0 ||
      running_file_.load(std::memory_order_relaxed) != nullptr)
    return action::none;
  phase_ = phase::killed;
  why_ = why_ended::killed;
  ask_for_end();
  return std::exchange(drain_sent_, true) ? action::none : action::wake;
}

} // namespace callsign::detail
