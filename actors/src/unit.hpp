/// \file
/// Execution units: where pinned actors run.
#pragma once

#include "actors/src/brief_lock.hpp"

#include <caf/all.hpp>

#include <atomic>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace callsign::detail {

/// One place where pinned actors run, one at a time. A pinned actor never leaves its unit.
///
/// CAF hands the unit of the running actor on to every actor it sends to. So two faces are needed:
/// `gate` takes actors pinned here, and only `placed_actor` uses it; `context` is what running
/// actors are given, and passes whatever else is scheduled through it on to the system's pool.
/// Without the second, a worker called by a pinned actor would silently run on the I/O thread.
class unit {
public:
  explicit unit(caf::actor_system& system) : gate_{system, *this}, context_{system} {}
  unit(const unit&) = delete;
  unit& operator=(const unit&) = delete;
  virtual ~unit() = default;

  [[nodiscard]] caf::execution_unit& gate() noexcept { return gate_; }
  [[nodiscard]] caf::execution_unit& context() noexcept { return context_; }

  /// Takes over one reference to an actor that has mail. @context any thread
  virtual void schedule(caf::resumable* who) = 0;

private:
  struct gate_unit final : caf::execution_unit {
    gate_unit(caf::actor_system& system, unit& owner) : caf::execution_unit{&system}, to{owner} {}
    void exec_later(caf::resumable* who) override { to.schedule(who); }
    unit& to;
  };
  struct context_unit final : caf::execution_unit {
    explicit context_unit(caf::actor_system& system) : caf::execution_unit{&system} {}
    void exec_later(caf::resumable* who) override;
  };

  gate_unit gate_;
  context_unit context_;
};

/// A unit that a thread drives by calling `run_ready`.
class thread_unit final : public unit {
public:
  /// `wake` is called, from any thread, when something becomes ready while nothing was.
  thread_unit(caf::actor_system& system, std::function<void()> wake)
      : unit{system}, wake_{std::move(wake)} {}
  /// Releases actors that were ready and never ran.
  ~thread_unit() override;

  void schedule(caf::resumable* who) override;

  /// Resumes ready actors, until none is ready or `rounds` are over. True: some are still ready.
  /// @context the unit's thread
  bool run_ready(std::size_t rounds = 8);

  /// While this lives, its thread is the unit's, and what it schedules there wakes nobody: it calls
  /// `run_ready` once more before this ends.
  class visit {
  public:
    explicit visit(thread_unit& unit) noexcept;
    ~visit();
    visit(const visit&) = delete;
    visit& operator=(const visit&) = delete;

  private:
    thread_unit& unit_;
    std::thread::id before_;
  };

private:
  std::function<void()> wake_;
  /// What others have brought. False: nothing, and whoever brings something now wakes the thread.
  bool take_inbox();

  brief_lock lock_;
  std::vector<caf::resumable*> inbox_;
  bool is_awake_ = false; ///< guarded by lock_: a wake-up is under way, or `run_ready` runs
  std::atomic<std::thread::id> running_{};  ///< the thread inside `run_ready`; written by it alone
  std::vector<caf::resumable*> ready_;      ///< that thread only
  std::vector<caf::resumable*> this_round_; ///< that thread only
};

/// Makes units; in tests, units whose actors the test scheduler runs.
using unit_factory =
    std::function<std::unique_ptr<unit>(caf::actor_system&, std::function<void()> wake)>;

/// An event-based actor that may be pinned to a unit; without one it runs on the pool.
class placed_actor : public caf::event_based_actor {
public:
  placed_actor(caf::actor_config& config, unit* where)
      : caf::event_based_actor{config}, unit_{where} {}

  using caf::event_based_actor::enqueue;
  void enqueue(caf::mailbox_element_ptr what, caf::execution_unit* host) override;
  void launch(caf::execution_unit* host, bool lazy, bool hide) override;

protected:
  [[nodiscard]] unit* where() const noexcept { return unit_; }

private:
  unit* unit_;
};

/// Spawns a placed actor of class `A`, built from the unit and `args`.
template <class A, class... Args>
[[nodiscard]] caf::actor spawn_placed(caf::actor_system& system, unit* where, Args&&... args) {
  caf::actor_config config{where == nullptr ? nullptr : &where->gate()};
  return system.spawn_class<A, caf::lazy_init>(config, where, std::forward<Args>(args)...);
}

/// Sends without a sender and without waking the pool through a foreign unit.
template <class... Args>
void tell(const caf::actor& to, Args&&... what) {
  to->enqueue(
      caf::make_mailbox_element(nullptr, caf::make_message_id(), {}, std::forward<Args>(what)...),
      nullptr);
}

} // namespace callsign::detail
