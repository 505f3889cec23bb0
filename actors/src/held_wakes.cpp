#include "actors/src/held_wakes.hpp"

#include <caf/actor_system.hpp>
#include <caf/scheduler/abstract_coordinator.hpp>

#include <utility>

namespace callsign::detail {

namespace {

thread_local held_wakes* holding_here = nullptr;

} // namespace

held_wakes::held_wakes(caf::actor_system& system) noexcept
    : system_{system}, before_{std::exchange(holding_here, this)} {}

held_wakes::~held_wakes() {
  holding_here = before_;
  for (std::size_t i = 0; i < count_; ++i)
    system_.scheduler().enqueue(held_[i]);
}

bool held_wakes::take(caf::resumable* who) noexcept {
  if (holding_here == nullptr || holding_here->count_ == holding_here->held_.size())
    return false;
  holding_here->held_[holding_here->count_++] = who;
  return true;
}

} // namespace callsign::detail
