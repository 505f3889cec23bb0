/// \file
/// What is behind a set of workers.
#pragma once

#include "actors/src/clock_source.hpp"
#include "actors/src/directory.hpp"
#include "actors/src/entry_watcher.hpp"
#include "actors/src/incarnation.hpp"
#include "actors/src/interrupts.hpp"
#include "actors/src/methods.hpp"
#include "actors/src/own_thread.hpp"
#include "actors/src/pool.hpp"
#include "actors/src/timers.hpp"
#include "actors/src/turnstile.hpp"
#include "actors/src/unit.hpp"
#include "actors/src/watchdog.hpp"
#include "actors/src/worker_actor.hpp"

#include <callsign/workers.hpp>

#include <array>
#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace callsign::detail {

/// Something beside the workers that ends with the set: a network.
class shutdown_participant {
public:
  virtual ~shutdown_participant() = default;
  /// First of all: nobody new comes in. @context the thread that stops the set
  virtual void stop_listening() = 0;
  /// After the last worker: ends its actors and joins its threads. False, with names, if some did
  /// not come in time.
  virtual bool stop_network(std::chrono::steady_clock::time_point deadline) = 0;
};

/// What tests put in place of threads and time.
struct system_hooks {
  std::shared_ptr<clock_source> clock = std::make_shared<clock_source>();
  /// Set in tests: every actor runs under the test scheduler, and nothing starts a thread.
  bool is_deterministic = false;
  drain_limits limits;
  unit_factory make_unit;
  /// Of the random numbers of the set. Zero: another one each time.
  std::uint64_t seed = 0;
  /// Starts the threads of workers that have one; not used by a deterministic system.
  thread_factory make_thread;
  /// For a deterministic system, instead of waiting: runs a step, or lets time pass. False: nothing
  /// is left that could happen.
  std::function<bool()> pump;
  /// A deterministic system tells who drives its timers; null: they are gone.
  std::function<void(timers*)> drive_timers;
};

/// The actor system, the directory, the threads, and the order in which they end.
/// @context any thread
class worker_system final : private registrar, private witness {
public:
  worker_system(workers_options options, system_hooks hooks);
  ~worker_system() override;
  worker_system(const worker_system&) = delete;
  worker_system& operator=(const worker_system&) = delete;

  void attach(workers& set) noexcept { set_ = &set; }
  [[nodiscard]] workers& set() const noexcept { return *set_; }
  [[nodiscard]] caf::actor_system& actors() noexcept { return *actors_; }
  [[nodiscard]] const system_hooks& hooks() const noexcept { return hooks_; }
  [[nodiscard]] const clock_source& clock() const noexcept { return *hooks_.clock; }
  [[nodiscard]] const std::shared_ptr<clock_source>& shared_clock() const noexcept {
    return hooks_.clock;
  }
  [[nodiscard]] watchdog& watch() noexcept { return *watchdog_; }
  /// Tells somebody what the workers do from now on, until the set is gone. The first one stays.
  void set_watcher(std::shared_ptr<entry_watcher> who);
  [[nodiscard]] entry_watcher* watcher() const noexcept {
    return watcher_.load(std::memory_order_acquire);
  }
  [[nodiscard]] directory& names() noexcept { return directory_; }
  [[nodiscard]] const workers_options& options() const noexcept { return options_; }
  [[nodiscard]] bool is_stopping() const noexcept {
    return stopping_.load(std::memory_order_acquire);
  }

  /// Whether the set ends, or is to end as soon as somebody gets to it.
  [[nodiscard]] bool is_interrupted() const noexcept {
    return interrupted_.load(std::memory_order_acquire);
  }
  [[nodiscard]] timers& wheel() noexcept { return *wheel_; }

  call_result call(std::string_view name, task&& what, std::source_location where);
  /// `is_question`: for this incarnation and no other.
  call_result call(worker_number number, task&& what, std::source_location where,
                   bool is_question = false);
  /// As if the worker of that number had called; 0: nobody. For test kits.
  call_result call_from(worker_number sender, std::string_view name, task&& what,
                        std::source_location where, const method* by = nullptr);
  /// An empty name means the startup method (rules W-13 and W-14).
  call_result call_method(std::string_view name, const method_name& what,
                          const std::vector<value>& arguments);
  call_result call_method(const keyed& to, const method_name& what,
                          const std::vector<value>& arguments);
  call_result call_method(worker_number number, const method_name& what,
                          const std::vector<value>& arguments);
  [[nodiscard]] std::unique_ptr<ready_method> ready_method_of(std::string_view name,
                                                              const std::vector<value>& arguments,
                                                              const std::type_info& wanted);
  [[nodiscard]] methods& known_methods() noexcept { return methods_; }
  [[nodiscard]] timer start_timer(std::string_view name, timer_plan when, task&& what,
                                  std::source_location where);
  bool post_event(const std::shared_ptr<slot>& to, worker_number number, entry&& what);
  void hire(std::string_view name, runs_on where);
  void hire_pool(std::string_view name, const pool_options& options);
  /// For a name that is no pool's, as `call`.
  call_result call_keyed(const keyed& to, task&& what, std::source_location where,
                         const method* by = nullptr);
  void trace(std::string_view name, tracing to);
  void trace(worker_number number, tracing to);
  void set_trace_handler(trace_handler handler);
  void set_dead_letter_handler(dead_letter_handler handler);
  [[nodiscard]] std::uint64_t dead_letters() const noexcept;
  [[nodiscard]] std::uint64_t dead_letters(drop_reason why) const noexcept;
  void measure(measuring to) noexcept {
    measures_.store(to == measuring::on, std::memory_order_relaxed);
  }
  [[nodiscard]] bool is_measuring() const noexcept {
    return measures_.load(std::memory_order_relaxed);
  }
  /// Whether a call by that name may reach this worker.
  [[nodiscard]] bool is_found_under(std::string_view name, const slot& who) const;
  /// Has a member of a pool look for itself, as an entry of its own, whether it may go.
  void retire(const std::shared_ptr<slot>& who, const slot::idleness& idle) noexcept;
  void hire(std::string_view name, const hire_options& how, std::source_location where);
  void supervise(std::string_view name, const supervision& how);
  void supervise_group(std::string_view group, const std::vector<std::string>& members,
                       const group_supervision& how);
  [[nodiscard]] std::optional<worker_end> await_end(std::string_view name,
                                                    std::chrono::nanoseconds within);
  void kill(const std::shared_ptr<slot>& who, worker_number number);
  void abort(std::string_view name);

  // For supervisors.

  void act(slot::action next, const std::shared_ptr<slot>& who);
  /// Begins the next incarnation, if that waker may.
  void wake_up(const std::shared_ptr<slot>& who, std::uint64_t waker) noexcept;
  [[nodiscard]] std::uint64_t next_waker() noexcept { return next_waker_.fetch_add(1); }
  /// At random, from 0 to less than 1.
  [[nodiscard]] double chance();
  /// From now on it draws what this seed brings. Answers the seed; 0: one that it draws.
  std::uint64_t draw_from(std::uint64_t seed);

  [[nodiscard]] std::uint64_t dropped_at_shutdown() const;

  /// @context the actor of that incarnation, as its last act
  void incarnation_ended(const std::shared_ptr<slot>& who, worker_number number) noexcept;

  void set_error_handler(error_handler handler);
  void set_warning_handler(std::function<void(const std::string&)> handler);
  void report(const task_error& what);
  void warn(const std::string& what) noexcept;
  /// On stderr, whatever the handlers are.
  static void warn_without_memory(const char* what) noexcept;

  /// @errors `failure` with `errc::shutting_down`
  void add(shutdown_participant& who);
  /// Waits while another thread tells participants to stop. So whoever calls this holds no lock
  /// that `stop_listening` or `stop_network` takes. Once removed, again does nothing.
  void remove(shutdown_participant& who);

  void wait_for_interrupt();
  void interrupt();
  void stop();

private:
  /// Nobody lives under the name of a pool.
  static void refuse_pool(const slot& who, const char* attempted);
  [[nodiscard]] birth enrol(std::shared_ptr<slot> whose) override;
  [[nodiscard]] witness::time_point now() const noexcept override { return clock().now(); }
  void is_dead(const slot& whose, const entry& what, drop_reason why) noexcept override;
  void has_run(const trace_line& what) noexcept override;
  /// A call that was not taken is a dead letter, unless its caller was told of a full mailbox.
  void is_refused(std::string_view name, worker_number number, const std::source_location& where,
                  call_result result) noexcept;
  void count_dead(drop_reason why) noexcept;
  void tell_of_dead(std::string_view name, worker_number number, const char* kind,
                    const std::source_location& where, worker_number sender,
                    drop_reason why) noexcept;
  /// The number of this set's worker in whose entry this thread is, or 0.
  [[nodiscard]] worker_number sender_here() const noexcept;
  call_result call_method(std::string_view name, const std::optional<std::string_view>& key,
                          const method_name& what, const std::vector<value>& arguments);
  call_result call_slot(const std::shared_ptr<slot>& to, worker_number sender, task&& what,
                        std::source_location where, const method* by);
  call_result call_member(pool& of, const std::optional<std::string_view>& key,
                          worker_number sender, task&& what, std::source_location where,
                          const method* by);
  /// Makes the worker of that name if there is none; nobody if it is a pool's.
  [[nodiscard]] call_result make(const std::shared_ptr<slot>& to);
  [[nodiscard]] std::shared_ptr<unit> place_for(runs_on kind, worker_number number,
                                                const std::string& name);
  /// Tries again when there is room, until there is or the caller's patience is over.
  [[nodiscard]] slot::outcome wait_and_post(slot& to, const std::function<slot::outcome()>& post);
  /// Acts, and warns if the mailbox is longer than ever (rule W-79).
  void act(const slot::outcome& decided, const std::shared_ptr<slot>& who);
  void spawn(const std::shared_ptr<slot>& who);
  void warn_of_length(const slot& who, std::size_t waiting) noexcept;
  /// Tells those who watch, before the next one runs anything, and those who supervise.
  void say_farewell(const slot::farewell& to, const slot& whose);
  void left_the_living() noexcept;
  /// Runs the main worker here until `done` or the deadline; wakes for both. True: done.
  bool pump_main_until(const std::function<bool()>& done,
                       std::chrono::steady_clock::time_point deadline);
  void wait_for_main(bool more_is_ready, std::chrono::steady_clock::time_point deadline);
  void wake_main() noexcept;
  /// Joins the threads that are gone.
  void reap_threads();
  /// Joins all; gives up if one is not gone at the deadline.
  void end_threads(std::chrono::steady_clock::time_point deadline);
  void tell_participants(const std::function<void(shutdown_participant&)>& what);
  /// Ends what still waits for those that drain, and says so.
  void end_drains();
  [[nodiscard]] std::string names_of_the_living();
  [[noreturn]] void give_up(const std::string& who);

  workers_options options_;
  system_hooks hooks_;
  workers* set_ = nullptr;
  std::optional<interrupt_source> interrupts_; ///< before all that starts threads
  std::unique_ptr<watchdog> watchdog_;
  std::shared_ptr<entry_watcher> kept_watcher_; ///< outlives the workers
  std::atomic<entry_watcher*> watcher_{nullptr};
  caf::actor_system_config config_;
  std::unique_ptr<caf::actor_system> actors_;
  std::unique_ptr<timers> wheel_;
  methods methods_;                          ///< before all that may still run them
  std::vector<std::shared_ptr<pool>> pools_; ///< before the mailboxes that count for them
  directory directory_;
  std::atomic<worker_number> next_number_{main_worker + 1};
  std::atomic<std::uint64_t> next_waker_{1};
  std::atomic<bool> stopping_{false};
  std::atomic<std::int64_t> living_{0};
  std::atomic<std::uint64_t> dropped_numbers_{
      0}; ///< calls by numbers of the dead, while the set ends
  mutable std::mutex lock_;
  struct thread_of_worker {
    std::string name;
    std::unique_ptr<own_thread> thread;
  };
  std::map<worker_number, thread_of_worker> threads_;
  std::unique_ptr<own_thread> cooperative_; ///< of all such workers, from the first on
  std::mt19937_64 dice_;
  error_handler on_error_;
  dead_letter_handler on_dead_letter_;
  trace_handler on_trace_;
  std::atomic<bool> hears_of_dead_{false};
  std::atomic<bool> measures_{false};
  std::array<std::atomic<std::uint64_t>, 16> dead_{}; ///< by `drop_reason`
  std::function<void(const std::string&)> on_warning_;
  std::unique_ptr<unit> main_unit_;
  std::shared_ptr<slot> main_slot_;
  int wake_main_ = -1; ///< eventfd
  std::atomic<bool> interrupted_{false};
  turnstile main_pump_; ///< inside is the thread that runs the main worker
  std::mutex stop_lock_;
  bool stopped_ = false;
  std::recursive_mutex participants_lock_; ///< held while one of them is told something
  std::vector<shutdown_participant*> participants_;
};

/// For `workers` and for test kits.
[[nodiscard]] std::unique_ptr<worker_system> make_worker_system(workers_options options,
                                                                system_hooks hooks);

} // namespace callsign::detail
