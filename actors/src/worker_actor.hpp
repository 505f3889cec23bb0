/// \file
/// The actor that is one incarnation of a worker.
#pragma once

#include "actors/src/incarnation.hpp"
#include "actors/src/unit.hpp"

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

namespace callsign::detail {

/// How long one drain may go on before it gives its thread to others.
struct drain_limits {
  std::size_t entries = 512;
  std::chrono::microseconds time{1000};
};

/// The only mail a worker actor gets: "your mailbox has entries".
using drain_mail = caf::atom_constant<caf::atom("drain")>;

/// Drains the mailbox of one incarnation: looks at the control lane between entries, runs each
/// entry as a step of its own, and after a kill runs only server events until what the worker owns
/// has ended. Noticing an end is a step, too.
///
/// @context the pool, or the unit it is pinned to
class worker_actor final : public placed_actor {
public:
  worker_actor(caf::actor_config& config, unit* where, worker_system& system,
               std::shared_ptr<slot> whose, worker_number number, drain_limits limits);

  caf::behavior make_behavior() override;
  const char* name() const override { return "callsign.worker"; }
  /// One mail is one bounded drain; then it is somebody else's turn. CAF's own limit is none.
  resume_result resume(caf::execution_unit* host, std::size_t) override {
    return placed_actor::resume(host, 1);
  }

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
  /// An error of the machinery itself ends the process: an actor that CAF ended would leave the
  /// name alive with nobody behind it.
  void drain() noexcept;
  /// Makes sure that an entry is in hand. False: none waits, or an end is asked for.
  [[nodiscard]] bool refill();
  void run_next();
  void notice_end();
  void finish();

  worker_system& system_;
  std::shared_ptr<slot> slot_;
  std::unique_ptr<incarnation> self_;
  drain_limits limits_;
  std::vector<entry> in_hand_;
  std::size_t next_ = 0; ///< the first in `in_hand_` that has not run
  bool is_closing_ = false;
};

} // namespace callsign::detail
