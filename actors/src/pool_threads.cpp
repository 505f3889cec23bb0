#include "actors/src/pool_threads.hpp"

#include <caf/actor_system.hpp>
#include <caf/make_counted.hpp>
#include <caf/ref_counted.hpp>
#include <caf/resumable.hpp>
#include <caf/scheduler/abstract_coordinator.hpp>

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <utility>

namespace callsign::detail {

namespace {

/// Where the visits wait for each other: a thread that is not done with its own takes no second.
class meeting {
public:
  explicit meeting(std::size_t expected) : missing_{expected} {}

  void join() {
    constexpr std::chrono::milliseconds patience{5};
    std::unique_lock guard{lock_};
    --missing_;
    all_are_here_.notify_all();
    all_are_here_.wait_for(guard, patience, [this] { return missing_ == 0; });
  }

private:
  std::mutex lock_;
  std::condition_variable all_are_here_;
  std::size_t missing_;
};

class visit final : public caf::resumable, public caf::ref_counted {
public:
  visit(std::shared_ptr<meeting> where, void (*what)() noexcept)
      : where_{std::move(where)}, what_{what} {}

  resume_result resume(caf::execution_unit*, std::size_t) override {
    where_->join();
    what_();
    return done;
  }
  void intrusive_ptr_add_ref_impl() override { ref(); }
  void intrusive_ptr_release_impl() override { deref(); }

private:
  std::shared_ptr<meeting> where_;
  void (*what_)() noexcept;
};

} // namespace

void run_on_pool_threads(caf::actor_system& system, void (*what)() noexcept) {
  auto& pool = system.scheduler();
  const auto threads = pool.num_workers();
  const auto where = std::make_shared<meeting>(threads);
  for (std::size_t i = 0; i < threads; ++i)
    pool.enqueue(caf::make_counted<visit>(where, what).detach()); // whoever runs it gives it back
}

} // namespace callsign::detail
