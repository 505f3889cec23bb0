#include <callsign/one_shot_signal.hpp>

#include "actors/src/held_wakes.hpp"
#include "actors/src/incarnation.hpp"
#include "actors/src/long_time.hpp"
#include "actors/src/timers.hpp"
#include "actors/src/worker_system.hpp"

#include <atomic>
#include <condition_variable>
#include <mutex>

namespace callsign {

using detail::incarnation;

struct one_shot_signal::shared final : detail::pausing {
  explicit shared(std::string text) : description{std::move(text)} {}

  void wake() noexcept override {
    // Whoever is about to wait has seen the change or gets the bell.
    { const std::scoped_lock guard{lock}; }
    rung.notify_all();
  }

  std::mutex lock;
  std::condition_variable rung;
  std::atomic<bool> is_raised{false};
  std::string description;
};

namespace {

/// While it waits, the worker can be told that its end was asked for.
class pause_of_worker {
public:
  pause_of_worker(incarnation* who, std::shared_ptr<detail::pausing> in) : who_{who} {
    if (who_ != nullptr)
      who_->where().set_pausing(std::move(in));
  }
  ~pause_of_worker() {
    if (who_ != nullptr)
      who_->where().set_pausing(nullptr);
  }
  pause_of_worker(const pause_of_worker&) = delete;
  pause_of_worker& operator=(const pause_of_worker&) = delete;
  [[nodiscard]] bool is_over() const noexcept {
    return who_ != nullptr && who_->where().is_end_requested();
  }

private:
  incarnation* who_;
};

/// In a deterministic system time passes only where something is due.
struct moment final : detail::deadline {
  void due() noexcept override {}
};

/// Runs the rest of the world until `done`, or until that moment.
void let_the_world_run(detail::worker_system& system, std::chrono::nanoseconds limit,
                       const std::function<bool()>& done) {
  const auto until = system.clock().now() + limit;
  const auto end = std::make_shared<moment>();
  system.wheel().arm(end, until);
  while (!done() && system.clock().now() < until && system.hooks().pump && system.hooks().pump()) {
  }
  system.wheel().disarm(*end);
}

} // namespace

one_shot_signal::one_shot_signal(std::string description)
    : shared_{std::make_shared<shared>(std::move(description))} {}

void one_shot_signal::trigger() const {
  {
    const std::scoped_lock guard{shared_->lock};
    shared_->is_raised.store(true, std::memory_order_release);
  }
  shared_->rung.notify_all();
}

bool one_shot_signal::is_signaled() const noexcept {
  return shared_->is_raised.load(std::memory_order_acquire);
}

std::string one_shot_signal::description() const {
  const std::scoped_lock guard{shared_->lock};
  return shared_->description;
}

void one_shot_signal::describe(std::string text) const {
  const std::scoped_lock guard{shared_->lock};
  shared_->description = std::move(text);
}

bool one_shot_signal::wait(std::chrono::nanoseconds limit) const {
  if (is_signaled() || limit <= std::chrono::nanoseconds{0})
    return is_signaled();
  const auto within = detail::in_range(limit);
  const auto until = std::chrono::steady_clock::now() + within;
  auto* const here = incarnation::current();
  const pause_of_worker pause{here, shared_};
  const auto is_over = [&] { return is_signaled() || pause.is_over(); };
  if (here != nullptr && here->system().hooks().is_deterministic) {
    let_the_world_run(here->system(), within, is_over);
  } else {
    detail::held_wakes::release_here();
    std::unique_lock guard{shared_->lock};
    shared_->rung.wait_until(guard, until, is_over);
  }
  return is_signaled();
}

bool one_shot_signal::wait() const {
  if (is_signaled())
    return true;
  auto* const here = incarnation::current();
  if (here != nullptr && (here->where().is_main() || here->where().kind() != runs_on::own_thread)) {
    throw failure{{make_error_code(errc::would_block),
                   "wait for the signal \"" + description() + '"',
                   "wait for a limited time, or in a worker with a thread of its own"}};
  }
  if (here != nullptr && here->system().hooks().is_deterministic)
    return wait(std::chrono::hours{24 * 365});
  detail::held_wakes::release_here();
  const pause_of_worker pause{here, shared_};
  std::unique_lock guard{shared_->lock};
  shared_->rung.wait(guard, [&] { return is_signaled() || pause.is_over(); });
  return is_signaled();
}

} // namespace callsign
