/// \file
/// What one I/O thread has on the actors' side: its unit, its lane, its network actor, its lines.
#pragma once

#include "actors/src/entry_queue.hpp"
#include "actors/src/unit.hpp"
#include "actors/src/worker_system.hpp"
#include "net/src/bridge/budget.hpp"
#include "net/src/bridge/lane.hpp"
#include "net/src/door/door.hpp"
#include "net/src/rules/log_pace.hpp"

#include <caf/actor.hpp>

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <unordered_set>
#include <vector>

namespace callsign::detail {

class connection_line;

/// The turn of one I/O thread: actors that have mail, then what the lane brought, then those it was
/// handed to. The thread itself then flushes every dirty session with one gathered write each.
///
/// @context the I/O thread, except where said
class io_turn final : public door::turn_target {
public:
  /// @param notes  null: nobody records
  io_turn(worker_system& workers, door::io_thread& thread, std::shared_ptr<door::ledger> books,
          std::shared_ptr<budget> memory, std::shared_ptr<door::recorder> notes);
  ~io_turn() override;

  bool on_turn() override;
  void burst_is_over(void (*also)() noexcept) noexcept override;

  [[nodiscard]] const std::shared_ptr<lane>& shared_lane() const noexcept { return lane_; }
  [[nodiscard]] unit& where() const noexcept { return *unit_; }
  [[nodiscard]] door::io_thread& thread() const noexcept { return thread_; }
  [[nodiscard]] rules::timer_wheel& timers() const { return thread_.timers(); }
  [[nodiscard]] door::time_point now() const noexcept { return thread_.now(); }
  [[nodiscard]] door::ledger& books() const noexcept { return *books_; }
  [[nodiscard]] worker_system& workers() const noexcept { return workers_; }
  [[nodiscard]] const caf::actor& network_actor() const noexcept { return network_actor_; }

  /// The other threads of the network, for the budget. @context before the threads run
  void set_siblings(std::vector<io_turn*> all) { siblings_ = std::move(all); }

  void add_line(connection_line& line) { lines_.insert(&line); }
  void remove_line(connection_line& line) { lines_.erase(&line); }
  /// Over the budget, the next turn sheds.
  void spend(std::size_t bytes) {
    if (bytes == 0)
      return;
    memory_->add(bytes);
    if (memory_->is_exceeded())
      thread_.post_turn();
  }
  void regain(std::size_t bytes) noexcept {
    if (bytes == 0)
      return;
    if (is_gathering_) {
      gathered_bytes_ -= bytes;
    } else {
      memory_->remove(bytes);
    }
  }
  /// So many frames, of so many bytes, came into an outbox.
  void queued(std::size_t frames, std::size_t bytes) {
    if (is_gathering_) {
      gathered_frames_ += frames;
      gathered_bytes_ += bytes;
    } else {
      books_->count(counter::messages_sent, frames);
      spend(bytes);
    }
  }

  /// A closing line held so much, and holds so much now.
  void leaving(std::size_t before, std::size_t now) noexcept { memory_->leaving(before, now); }

  /// A warning that a client brings about. Of many of one `pace` in a second only one is written.
  void warn(rules::log_pace& pace, std::string what) const;
  rules::log_pace late_admissions;
  rules::log_pace overflows;

  /// That line may be the heaviest here now.
  void weigh(const connection_line& line) noexcept;

  // For test kits: what must be nothing when nobody is connected.
  [[nodiscard]] const std::unordered_set<connection_line*>& lines() const noexcept {
    return lines_;
  }
  [[nodiscard]] std::size_t actor_count() const;

  /// Announces a connection actor to the network actor, before any lane entry can name it.
  void announce(const connection_core& core, caf::actor who);

  void forget(const connection_core& core);

  /// The set ends: from now on no Close waits longer than that for its answer.
  void hasten_closes(std::chrono::milliseconds limit);
  [[nodiscard]] const std::optional<door::time_point>& closes_by() const noexcept {
    return closes_by_;
  }

  /// Tells every actor of this thread to quit. @context any thread, after the last session
  void end_actors();

private:
  /// Actors that have mail, then what the lane brought. True: there is more.
  bool run_actors();
  void hand_out();
  /// What actors put into outboxes while this lives is booked once for all of them.
  class gathering {
  public:
    explicit gathering(io_turn& turn) noexcept : turn_{turn} { turn_.is_gathering_ = true; }
    ~gathering();
    gathering(const gathering&) = delete;
    gathering& operator=(const gathering&) = delete;

  private:
    io_turn& turn_;
  };
  /// True: one line was closed, and there may be more to do.
  bool shed();

  worker_system& workers_;
  door::io_thread& thread_;
  std::shared_ptr<door::ledger> books_;
  std::shared_ptr<budget> memory_;
  std::unique_ptr<unit> unit_;
  thread_unit* own_loop_ = nullptr; ///< null under the test scheduler, which runs the actors itself
  std::shared_ptr<lane> lane_;
  caf::actor network_actor_;
  bool is_gathering_ = false;
  std::size_t gathered_frames_ = 0;
  std::size_t gathered_bytes_ = 0; ///< wraps around below zero, as sums of the budget do
  std::unordered_set<connection_line*> lines_;
  std::vector<io_turn*> siblings_;
  std::optional<door::time_point> closes_by_; ///< while the set ends
  std::atomic<std::size_t> heaviest_{0};      ///< no line here is heavier; exact after a look
};

} // namespace callsign::detail
