/// \file
/// The entry a name has in the directory: a mailbox that outlives the incarnations of its worker.
#pragma once

#include "actors/src/brief_lock.hpp"
#include "actors/src/entry_queue.hpp"
#include "actors/src/startup.hpp"
#include "actors/src/witness.hpp"

#include <callsign/watch.hpp>
#include <callsign/workers.hpp>

#include <caf/intrusive_ptr.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <source_location>
#include <string>
#include <utility>
#include <vector>

namespace callsign::detail {

class pool;
class slot;
class supervisor;
class watcher;

/// What drains a mailbox: the actor of an incarnation, seen from the slot.
/// @context any thread
class runner {
public:
  /// Asks for a drain; when one is under way, for another one after it. Without memory for it the
  /// process ends: the worker would never hear of what waits.
  virtual void wake() noexcept = 0;
  virtual void add_reference() noexcept = 0;
  virtual void release_reference() noexcept = 0;

protected:
  ~runner() = default;
};

inline void intrusive_ptr_add_ref(runner* who) noexcept { who->add_reference(); }
inline void intrusive_ptr_release(runner* who) noexcept { who->release_reference(); }

using runner_ptr = caf::intrusive_ptr<runner>;

/// A worker that waits in the middle of a task.
class pausing {
public:
  virtual ~pausing() = default;
  /// Its end was asked for. @context any thread, under the lock of the slot
  virtual void wake() noexcept = 0;
};

/// What an incarnation is given when it begins.
struct birth {
  worker_number number = 0;
  std::chrono::system_clock::time_point when;
  witness* seen_by = nullptr;
};

/// Enters every incarnation, under a number of its own, before anybody can see that it lives.
class registrar {
public:
  virtual ~registrar() = default;
  /// Nothing has changed if it throws. @context any thread, under the lock of the slot
  [[nodiscard]] virtual birth enrol(std::shared_ptr<slot> whose) = 0;
};

/// The rules of the outcome table (4D rules, section 1.6) as a machine under one lock.
///
/// The slot decides; it never runs, wakes or spawns anything itself: each function answers what its
/// caller has to do after the lock is gone. Entries that are dropped are destroyed outside the
/// lock, because what a task captured may call workers when it dies.
///
/// @context any thread, except the functions of the consumer
class slot : public std::enable_shared_from_this<slot> {
public:
  enum class phase : std::uint8_t {
    vacant, ///< the name is known, nobody lives
    alive,
    killed,  ///< a kill was asked for and has not been noticed yet
    aborted, ///< likewise an abort
    closing, ///< runs only the ends of what it owns
    sealed,  ///< takes nothing any more; is being destroyed
    leaving, ///< it is to end, and what waits is kept for the next; not noticed yet
    resting, ///< nobody lives until somebody wakes the next
  };
  enum class action : std::uint8_t { none, wake, spawn };
  struct outcome {
    call_result result = call_result::queued;
    action next = action::none;
    bool may_wait = false;      ///< the mailbox is full, and the caller may wait for room; or the
                                ///< name is a pool's, and a member must be found
    std::size_t high_water = 0; ///< so many wait now that an operator should know; else 0
  };
  /// What the consumer finds when it notices that an end was asked for.
  enum class request : std::uint8_t {
    empty,     ///< the main worker, killed: it is emptied and lives on (rule W-36)
    kill,      ///< run the ends of what it owns, then end
    abort,     ///< end
    shut_down, ///< as kill; the whole set ends
    leave,     ///< likewise, after a failure or when idle
  };

  /// The main worker's slot begins alive, as number 1, and a kill only empties it (rules W-36,
  /// W-38).
  struct main_tag {};
  /// A slot made after the set began to end: no incarnation ever begins in it.
  struct shut_tag {};

  slot(std::string name, runs_on kind);
  slot(shut_tag, std::string name, runs_on kind);
  slot(main_tag, std::string name, std::chrono::system_clock::time_point now);
  ~slot();

  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  [[nodiscard]] bool is_main() const noexcept { return is_main_; }

  // -- producers ----------------------------------------------------------------------------------

  /// A call by name from `sender` (0: a thread that is no worker). `by`: the method that is called.
  [[nodiscard]] outcome post(entry&& what, worker_number sender, registrar& book,
                             const method* by = nullptr);

  /// A call by number, or an event for the incarnation of that number.
  [[nodiscard]] outcome post_to(worker_number number, entry&& what, worker_number sender);

  /// Begins an incarnation with an empty mailbox, if none lives; after the one that is dying, if
  /// one is.
  /// @errors `failure` if one lives and runs elsewhere
  [[nodiscard]] outcome hire(runs_on where, registrar& book);
  /// The same, wherever this name runs.
  [[nodiscard]] outcome hire_as_before(registrar& book);

  /// What an empty method name means for who calls now; null: nothing (rules W-13, W-14).
  [[nodiscard]] const method* startup_method() const;

  /// Traces what comes in from now on; null: no more.
  void trace(witness* by);
  /// Who hears of what is dropped here. For the main worker; others have it from their birth.
  void be_seen_by(witness& who);
  /// The same, with all that can be said of a name. What belongs to the incarnation as a whole is
  /// for the next, if one lives.
  [[nodiscard]] outcome hire(const hire_options& how, std::source_location where, registrar& book);

  void limit(mailbox_limit to);
  [[nodiscard]] mailbox_limit current_limit() const;
  /// Waits until there is room, or something else has changed, or the time has come.
  void wait_for_room(std::chrono::steady_clock::time_point until);
  /// A call was given up after waiting.
  void count_rejected();

  /// Asks for the end of the incarnation `number` (0: whichever lives, and what waits for the
  /// next).
  [[nodiscard]] action kill(worker_number number, why_ended why = why_ended::killed,
                            std::string what = {});
  [[nodiscard]] action abort();

  /// How an incarnation leaves: what waits is kept for the next.
  struct departure {
    worker_number number = 0; ///< 0: whichever lives
    why_ended why = why_ended::failed;
    std::string what = {};
    std::uint64_t waker = 0; ///< the next begins when this one wakes it; 0: when it is called
    std::shared_ptr<supervisor> by = nullptr; ///< who waits for the end
  };
  /// Nothing: no incarnation lives, or its end was asked for already.
  [[nodiscard]] std::optional<action> leave(departure how);

  enum class rests : std::uint8_t { none, now, after_its_end };
  struct withdrawal {
    rests when = rests::none;
    action next = action::none;
  };
  /// No incarnation begins until the waker wakes it; if one lives, or is ending, after that. Who
  /// made it rest last wakes it.
  [[nodiscard]] withdrawal withdraw(departure how);
  [[nodiscard]] action wake_up(std::uint64_t waker, registrar& book);

  /// False: nobody lives here under that number (0: under any).
  [[nodiscard]] bool add_watcher(const std::shared_ptr<watcher>& who, worker_number number);
  void remove_watcher(watcher& who) noexcept;

  void supervise(std::shared_ptr<supervisor> by);
  void supervise_group(std::shared_ptr<supervisor> by);
  /// Its own, and its group's.
  [[nodiscard]] std::pair<std::shared_ptr<supervisor>, std::shared_ptr<supervisor>>
  supervisors() const;

  /// What waits is run before the end. Nothing: it is not to be run, or nobody lives.
  [[nodiscard]] std::optional<action> begin_drain();
  [[nodiscard]] bool is_draining() const;

  /// No incarnation begins any more; whoever waits for one is dropped and counted.
  void shut();

  /// From now on the name is a pool's: a call by it goes to a member. False: somebody lives here,
  /// or it is a pool's already.
  [[nodiscard]] bool become(pool& what);
  /// Or null.
  [[nodiscard]] pool* as_pool() const;
  /// How much waits and runs.
  [[nodiscard]] std::size_t load() const;
  /// It is a pool's member: from now on it is noted since when it has had nothing to do.
  void note_idleness();
  /// Of a member: a worker that has nothing to do, or nobody.
  struct idleness {
    worker_number number = 0; ///< 0: nobody lives here
    witness::time_point since{};
    std::uint64_t handled = 0;
  };
  /// Nothing: something waits or runs, or an end is under way.
  [[nodiscard]] std::optional<idleness> idle() const;

  // -- the consumer, one actor --------------------------------------------------------------------

  void set_runner(runner_ptr who);
  [[nodiscard]] runner_ptr current_runner() const;

  /// Moves all that waits into `batch`, which must be empty. False: nothing waits, and the next
  /// post will wake. While an end is asked for it moves nothing, so that what is in hand was there
  /// before.
  [[nodiscard]] bool take(entry_queue& batch);

  /// Whether kill or abort was asked for since; looked at between entries.
  [[nodiscard]] bool is_end_requested() const noexcept {
    return end_requested_.load(std::memory_order_acquire);
  }

  /// Whether something may wait; looked at without the lock, so it is only a hint.
  [[nodiscard]] bool has_waiting() const noexcept {
    return has_waiting_.load(std::memory_order_relaxed);
  }

  /// It is or was limited, is traced, or a pool's: what waits may be taken one by one.
  [[nodiscard]] bool is_limited() const noexcept {
    return limited_.load(std::memory_order_relaxed);
  }

  /// The consumer waits for something in the middle of a task; null: no longer. Who asks for its
  /// end wakes it (rule W-80).
  void set_pausing(std::shared_ptr<pausing> in);

  /// Notices the request. For a kill, `rest` (what was taken and not run) loses all but lifecycle
  /// entries; for an abort its tasks go back in front of the mailbox, for the next incarnation.
  [[nodiscard]] request notice_end(entry_queue& rest);

  /// Closes the mailbox of an incarnation that is closing. False: more lifecycle entries came.
  [[nodiscard]] bool seal();

  /// Who is to hear of the end of a sealed incarnation.
  struct farewell {
    std::vector<std::shared_ptr<watcher>> watchers;
    worker_end end;
    std::vector<std::shared_ptr<supervisor>> supervisors;
  };
  [[nodiscard]] farewell take_farewell();

  /// How long the worker may be idle; 0: for ever. @context any thread, without the lock
  [[nodiscard]] std::chrono::nanoseconds idle_after() const noexcept {
    return std::chrono::nanoseconds{idle_after_.load(std::memory_order_relaxed)};
  }
  [[nodiscard]] std::shared_ptr<const worker_hook> passivation_hook() const;
  /// Nothing waits, and no end was asked for. @context the worker, in a task
  [[nodiscard]] bool is_quiet() const;

  /// The incarnation has ended, all that was its own is destroyed. Answers `spawn` if the next has
  /// begun.
  [[nodiscard]] action ended(registrar& book);

  /// The incarnation that just began could not be given a thread: what waits is dropped and
  /// counted, for whoever called is told, and the name is vacant again. Answers how many were
  /// dropped.
  std::size_t stillborn();

  // For test kits.

  /// What can be seen of an entry that waits.
  struct glimpse {
    explicit(false) glimpse(const entry& what);
    entry_kind kind = entry_kind::task;
    std::uint32_t sender = 0;
    std::source_location where;
  };
  /// What the consumer will take, in order.
  [[nodiscard]] std::vector<glimpse> waiting() const;
  /// Takes one of them out of its turn.
  [[nodiscard]] entry take_out(std::size_t index);

  // -- bookkeeping --------------------------------------------------------------------------------

  /// Only the consumer counts, so it needs no lock for it.
  void count_handled() noexcept {
    handled_.store(handled_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  }
  [[nodiscard]] std::uint64_t handled() const noexcept {
    return handled_.load(std::memory_order_relaxed);
  }
  void count_failed() noexcept { failed_.fetch_add(1, std::memory_order_relaxed); }
  void set_in_hand(std::size_t n) noexcept { in_hand_.store(n, std::memory_order_relaxed); }
  void set_running(const char* file, std::uint32_t line) noexcept {
    running_line_.store(line, std::memory_order_relaxed);
    running_file_.store(file, std::memory_order_relaxed);
  }
  /// Whatever runs next began to run at that time, or a few entries later.
  void set_turn(witness::time_point began) noexcept {
    turn_began_.store(began.time_since_epoch().count(), std::memory_order_relaxed);
  }
  /// @context the thread that has run it, perhaps when another one runs the next incarnation
  void add_processor_time(std::chrono::nanoseconds more) noexcept {
    processor_time_.fetch_add(more.count(), std::memory_order_relaxed);
  }
  [[nodiscard]] std::string running() const;
  [[nodiscard]] worker_number number() const;
  [[nodiscard]] runs_on kind() const;
  [[nodiscard]] phase current_phase() const;
  [[nodiscard]] std::uint64_t dropped_at_shutdown() const;
  [[nodiscard]] std::optional<worker_info> info() const;

private:
  void ask_for_end();
  /// Changes nothing if `book` throws.
  void begin_incarnation(registrar& book);
  /// The same, with what waits for it.
  void begin_with_next(registrar& book);
  /// Room for the first entries of an incarnation.
  void reserve_first();
  /// What runs before all others in the incarnation that has begun.
  void enter_start();
  /// Puts the tasks of `rest` and those that wait before what waits for the next incarnation, and
  /// leaves the ends.
  void keep_tasks(entry_queue& rest, entry_queue& dropped);
  /// True: all that waited has run, so the end is asked for.
  [[nodiscard]] bool ends_drain();
  [[nodiscard]] action leave_here(departure how);
  [[noreturn]] void refuse_kind() const;
  /// What was begun before the set began to end, while what waits is run.
  [[nodiscard]] bool hears_while_shut(entry_kind kind) const noexcept;
  [[nodiscard]] bool is_dying() const noexcept {
    return phase_ != phase::vacant && phase_ != phase::alive;
  }
  /// What is dropped, until the lock is gone; then it is told, and destroyed.
  struct dropped_entries {
    dropped_entries(drop_reason reason, const slot& of) noexcept : why{reason}, whose{of} {}
    dropped_entries(const dropped_entries&) = delete;
    dropped_entries& operator=(const dropped_entries&) = delete;
    ~dropped_entries();
    entry_queue entries;
    drop_reason why;
    const slot& whose;
  };
  /// What a mailbox has that is limited.
  struct bounds;
  /// What a name has that was hired with hooks, or to be drained.
  struct terms;
  /// What a name has that is supervised or watched.
  struct habits;
  [[nodiscard]] habits& all_habits();

  [[nodiscard]] outcome post_here(entry&& what, worker_number sender, registrar& book,
                                  const method* by, dropped_entries* dropped);
  /// Makes room for a call in a limited mailbox, or says what becomes of it.
  [[nodiscard]] std::optional<outcome> full(entry_queue& mailbox, bool is_own_call,
                                            dropped_entries& dropped);
  void tell_of_room();
  /// Stamps and wraps what comes into a mailbox that is limited or traced.
  void note(entry& what, worker_number sender);
  [[nodiscard]] witness::time_point now() const noexcept {
    return witness_ == nullptr ? witness::time_point{} : witness_->now();
  }
  [[nodiscard]] witness* seen_by() const;
  [[nodiscard]] witness::time_point came_at(const entry& what) const;
  [[nodiscard]] std::chrono::nanoseconds longest_wait() const;

  /// Puts an entry into the mailbox of the incarnation that lives. Answers as `note_length`.
  std::size_t enter(entry&& what) {
    waiting_.push_back(std::move(what));
    if (waiting_.size() == 1) {
      has_waiting_.store(true, std::memory_order_relaxed);
      waiting_since_ = now();
    }
    return note_length(waiting_.size());
  }
  /// How many entries wait, if they are as many as never before in this incarnation: from the
  /// high-water mark on, at each doubling. Otherwise 0.
  std::size_t note_length(std::size_t waiting) noexcept {
    return waiting + taken_ < next_high_water_ ? 0 : note_high_water(waiting);
  }
  std::size_t note_high_water(std::size_t waiting) noexcept;
  [[nodiscard]] std::size_t first_high_water() const noexcept;
  outcome hire_here(runs_on where, registrar& book);
  /// Leaves lifecycle entries in `from`, the rest in `dropped`, which must be empty; answers how
  /// many. The few are moved and the many stay where they are, so that a long mailbox needs no
  /// memory to be dropped. Changes nothing if it throws.
  static std::uint64_t drop_tasks(entry_queue& from, entry_queue& dropped);

  // In groups that do not share cache lines: what every look-up reads, what producers write under
  // the lock, what the consumer writes for each entry, and looks at while it waits for more. Seldom
  // used members keep them apart.

  const std::string name_;
  std::chrono::system_clock::time_point created_;
  std::uint64_t incarnation_ = 0;
  std::uint64_t dropped_by_kill_ = 0;
  std::uint64_t dropped_after_own_kill_ = 0;
  std::uint64_t dropped_at_shutdown_ = 0;

  mutable brief_lock lock_;
  std::uint32_t taken_ = 0; ///< by the consumer when it last took; it may have run some since
  entry_queue waiting_;     ///< for the incarnation that lives
  std::atomic<bool> limited_{false};
  bool is_told_ = false;     ///< those who watch this incarnation have been
  bool rests_ = false;       ///< the next incarnation begins when it is woken
  bool is_draining_ = false; ///< what waits is run before the end
  bool next_wanted_ = false; ///< an incarnation follows even if nothing waits for it
  worker_number number_ = 0;
  phase phase_ = phase::vacant;
  runs_on kind_;
  const bool is_main_ = false;
  bool drain_sent_ = false;
  bool shut_ = false;
  why_ended why_ = why_ended::killed; ///< of the end that was asked for last
  std::size_t next_high_water_ = mailbox_limit{}.high_water;
  std::unique_ptr<bounds> bounds_;
  std::unique_ptr<habits> habits_;
  std::shared_ptr<const terms> terms_;
  std::optional<runs_on> next_kind_; ///< hired again while dying
  runner_ptr runner_;
  std::shared_ptr<pausing> pausing_;
  entry_queue next_; ///< for the incarnation after the one that lives

  witness* witness_ = nullptr;
  // Since when the oldest waits: of those in the mailbox, in the hand of the worker, and for the
  // next incarnation.
  witness::time_point waiting_since_{};
  witness::time_point hand_since_{};
  witness::time_point next_since_{};
  startup begun_by_;
  startup next_begun_by_;

  std::atomic<std::int64_t> idle_after_{0};
  std::atomic<std::uint64_t> handled_{0};
  std::atomic<std::uint64_t> failed_{0};
  std::atomic<std::size_t> in_hand_{0};
  std::atomic<const char*> running_file_{nullptr};
  std::atomic<std::uint32_t> running_line_{0};
  std::atomic<bool> end_requested_{false};
  std::atomic<bool> has_waiting_{false}; ///< producers write it once for each `take`
  std::atomic<std::int64_t> turn_began_{0};
  std::atomic<std::int64_t> processor_time_{0};
};

} // namespace callsign::detail
