/// \file
/// The actor that is one incarnation of a worker.
#pragma once

#include "actors/src/incarnation.hpp"
#include "actors/src/unit.hpp"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace callsign::detail {

/// How long one drain may go on before it gives its thread to others.
struct drain_limits {
  std::size_t entries = 512;
  std::chrono::microseconds time{1000};
  /// After a drain of at least `busy` entries the worker looks for more for this many pauses of the
  /// processor before it becomes idle: whoever calls next would have to wake it, which costs both
  /// sides more.
  std::size_t busy = 64;
  std::size_t pauses = 160;
  /// When something has come it waits for so many of those that are left before it takes it, so
  /// that more come together: each time it takes, the callers lose the cache lines that they write
  /// to. Not if there was but one entry the last time.
  std::size_t pauses_for_more = 112;
};

/// The actor of one incarnation. Drains the slot's mailbox: looks at the control lane between
/// entries, runs each entry as a step of its own, and after a kill runs only server events until
/// what the worker owns has ended. Noticing an end is a step, too.
///
/// It is an actor without a mailbox of CAF's, which alone takes 400 bytes, and without behaviours:
/// the slot's mailbox is the only one, and being scheduled is the only mail. See decision 20.
///
/// @context the pool, or the unit it is pinned to; `wake` and the references: any thread
class worker_actor final : public caf::monitorable_actor, public caf::resumable, public runner {
public:
  worker_actor(caf::actor_config& config, worker_system& system, std::shared_ptr<slot> whose,
               std::shared_ptr<unit> where, worker_number number);

  /// `where` null: the pool.
  [[nodiscard]] static runner_ptr spawn(worker_system& system, const std::shared_ptr<slot>& whose,
                                        std::shared_ptr<unit> where, worker_number number);

  const char* name() const override { return "callsign.worker"; }
  /// Nobody has its handle; what comes nevertheless is answered with an error.
  void enqueue(caf::mailbox_element_ptr what, caf::execution_unit* host) override;
  void on_destroy() override;

  resume_result resume(caf::execution_unit* host, std::size_t max_throughput) override;
  void intrusive_ptr_add_ref_impl() override { caf::intrusive_ptr_add_ref(ctrl()); }
  void intrusive_ptr_release_impl() override { caf::intrusive_ptr_release(ctrl()); }

  void wake() noexcept override;
  void add_reference() noexcept override { caf::intrusive_ptr_add_ref(ctrl()); }
  void release_reference() noexcept override { caf::intrusive_ptr_release(ctrl()); }

  /// What the next step will be, for test kits: an entry, or noticing that an end was asked for.
  struct upcoming {
    bool is_end = false;
    std::optional<slot::glimpse> entry;
  };
  [[nodiscard]] upcoming next_step() const;
  /// All entries that wait, in order.
  [[nodiscard]] std::vector<slot::glimpse> waiting() const;
  /// Puts one of them before all others.
  void prepone(std::size_t index);
  [[nodiscard]] const slot& whose() const noexcept { return *slot_; }

private:
  enum class state : std::uint8_t {
    idle,
    scheduled, ///< is in somebody's queue, or runs
    again,     ///< runs, and was woken meanwhile
  };
  enum class result : std::uint8_t {
    all_done,
    more,  ///< others wait for this thread; the entries stay in hand
    ended, ///< the incarnation
  };

  /// An error of the machinery itself ends the process: an actor that CAF ended would leave the
  /// name alive with nobody behind it.
  [[nodiscard]] result drain() noexcept;
  void schedule();
  /// Makes sure that an entry is in hand. False: none waits, or an end is asked for.
  [[nodiscard]] bool refill();
  /// Runs what is in hand, at most `most` entries, until it is empty or an end is asked for.
  /// Answers how many.
  std::size_t run_hand(std::size_t most);
  /// Waits a moment for more, about as long as waking this worker again would take.
  void linger() const;
  void notice_end();
  void finish();

  std::shared_ptr<slot> slot_;
  std::shared_ptr<unit> where_;
  entry_queue in_hand_;
  std::optional<incarnation> self_;
  std::atomic<state> state_{state::idle};
  bool is_closing_ = false;
  bool took_one_ = false; ///< there was no more when it last took
};

} // namespace callsign::detail
