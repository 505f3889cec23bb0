#include "actors/src/timers.hpp"

#include "actors/src/on_the_wheel.hpp"

#include <utility>

namespace callsign::detail {

namespace {

thread_local bool calls_what_is_due = false;

} // namespace

bool is_on_the_wheel() noexcept { return calls_what_is_due; }

timers::timers(std::shared_ptr<clock_source> clock, driver by)
    : clock_{std::move(clock)}, driver_{by} {}

timers::~timers() { stop(); }

void timers::arm(std::shared_ptr<deadline> what, time_point when) {
  {
    const std::scoped_lock guard{lock_};
    if (!is_over_) {
      armed_.arm(std::move(what), when);
      if (driver_ == driver::thread && !thread_.joinable())
        thread_ = std::thread{[this] { turn(); }};
      if (when < wakes_at_)
        changed_.notify_one();
      return;
    }
  }
  what->abandoned();
}

bool timers::disarm(deadline& what) noexcept {
  std::shared_ptr<deadline> kept; // destroyed after the lock is gone
  const std::scoped_lock guard{lock_};
  kept = armed_.disarm(what);
  return kept != nullptr;
}

std::size_t timers::run_due() {
  std::unique_lock guard{lock_};
  const auto due = armed_.take_due(clock_->now());
  guard.unlock();
  const bool before = std::exchange(calls_what_is_due, true);
  for (const auto& one : due)
    one->due();
  calls_what_is_due = before;
  return due.size();
}

std::optional<timers::time_point> timers::next() const {
  const std::scoped_lock guard{lock_};
  return armed_.next();
}

std::uint64_t timers::comparisons() const {
  const std::scoped_lock guard{lock_};
  return armed_.comparisons();
}

void timers::turn() {
  std::unique_lock guard{lock_};
  while (!is_over_) {
    const auto next = armed_.next();
    const auto now = clock_->now();
    if (next && *next <= now) {
      guard.unlock();
      run_due();
      guard.lock();
      continue;
    }
    wakes_at_ = next.value_or(time_point::max());
    if (next) {
      changed_.wait_until(guard, *next);
    } else {
      changed_.wait(guard);
    }
    wakes_at_ = time_point::min(); // awake: it will look by itself
  }
}

void timers::stop() {
  std::unique_lock guard{lock_};
  is_over_ = true;
  const auto left = armed_.take_all();
  auto thread = std::move(thread_);
  guard.unlock();
  changed_.notify_all();
  if (thread.joinable())
    thread.join();
  for (const auto& one : left)
    one->abandoned();
}

} // namespace callsign::detail
