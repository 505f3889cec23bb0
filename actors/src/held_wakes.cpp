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
  release();
}

bool held_wakes::take(const caf::actor_system& home, caf::resumable* who) noexcept {
  held_wakes* const here = holding_here;
  if (here == nullptr || &here->system_ != &home || here->count_ == here->held_.size())
    return false;
  here->held_[here->count_++] = who;
  return true;
}

void held_wakes::release_here() noexcept {
  for (held_wakes* one = holding_here; one != nullptr; one = one->before_)
    one->release();
}

void held_wakes::release() noexcept {
  for (std::size_t i = 0; i < count_; ++i)
    system_.scheduler().enqueue(held_[i]);
  count_ = 0;
}

} // namespace callsign::detail
