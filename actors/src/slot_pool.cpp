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

void slot::note_idleness() {
  const std::scoped_lock guard{lock_};
  if (bounds_ == nullptr)
    bounds_ = std::make_unique<bounds>();
  bounds_->notes_idleness = true;
  bounds_->idle_since = now(); // who is idle already is so from now on
}

std::optional<slot::idleness> slot::idle() const {
  const std::scoped_lock guard{lock_};
  if (phase_ == phase::vacant)
    return idleness{};
  if (phase_ != phase::alive || shut_ || drain_sent_)
    return std::nullopt;
  return idleness{number_, bounds_->idle_since, handled()};
}

} // namespace callsign::detail
