/// \file
/// The set of named workers of a program.
#pragma once

#include <callsign/hire_options.hpp>
#include <callsign/inspection.hpp>
#include <callsign/mailbox_limit.hpp>
#include <callsign/runs_on.hpp>
#include <callsign/supervision.hpp>
#include <callsign/watch.hpp>
#include <callsign/worker.hpp>
#include <callsign/worker_pool.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace callsign {

namespace detail {
class worker_system;
}

/// Who deals with SIGINT and SIGTERM.
///
/// `handled` blocks both in the thread that makes the set and in all that are started later. Only
/// `wait_for_interrupt` reads them: a program that never calls it, but only `stop` or the
/// destructor, does not hear them at all and wants `left_alone`. Programs started by a task inherit
/// the blocked signals, and would not end when asked to: start them with `posix_spawn` and
/// `posix_spawnattr_setsigmask` (flag `POSIX_SPAWN_SETSIGMASK`), or unblock the signals between
/// `fork` and `exec`. With the end of the set, signals and handlers are as before.
enum class signals {
  handled,    ///< blocked in the constructor, before any thread starts, and awaited in
              ///< `wait_for_interrupt`
  left_alone, ///< the program deals with them and calls `stop` itself
};

/// Every option has a default that suits a server.
struct workers_options {
  /// Threads of the pool. Zero: as many as cores, at least 4.
  std::size_t threads = 0;
  signals interrupts = signals::handled;
  /// A task that runs longer is named in the log by the watchdog. At most a year. Zero: no
  /// watchdog.
  std::chrono::milliseconds long_task{1000};
  /// How long the end of all workers may take; whoever misses it is named and the process ends
  /// with 1. At most a year. Zero: no time; who is not ready to end at once is late.
  /// @source 4D gives a quit 13 seconds (rule W-45)
  std::chrono::milliseconds stop_deadline{13'000};
};

enum class worker_state {
  idle,      ///< waits for tasks
  executing, ///< runs one
  closing,   ///< killed; runs only the ends of what it owns
  resting,   ///< nobody lives now, and the next incarnation begins soon: `back_off`
};

/// One worker at one moment.
/// @source 4D Process info (rules W-46, W-47), as a C++ snapshot
struct worker_info {
  std::string name;
  worker_number number = 0;
  std::uint64_t incarnation = 0; ///< 1 for the first life under this name
  worker_state state = worker_state::idle;
  runs_on kind = runs_on::pool;
  std::size_t waiting = 0;    ///< entries in the mailbox
  std::uint64_t handled = 0;  ///< entries run to their end, over all incarnations of the name
  std::uint64_t failed = 0;   ///< tasks that threw
  std::uint64_t restarts = 0; ///< after failures, its own and of its group
  std::uint64_t dropped_by_kill = 0; ///< by kill and abort, or because no thread could be started
  std::uint64_t dropped_after_own_kill = 0;
  std::uint64_t dropped_at_shutdown = 0;
  std::uint64_t dropped_when_full = 0; ///< gave way in a full mailbox
  std::uint64_t rejected = 0;          ///< calls not taken because the mailbox was full
  /// How long the oldest of what waits has waited. To 17 ms and up to 18 minutes in a mailbox with
  /// a limit; in others rather too long than too short: as if all that the worker took in one grip
  /// had come together.
  std::chrono::nanoseconds oldest_waits{0};
  /// How long the task that runs has run, or the few short ones before it with it: at most 15.
  std::chrono::nanoseconds running_for{0};
  /// Of all threads that have run it, over all incarnations of the name, while it is measured
  /// (`workers::measure_processor_time`).
  std::chrono::nanoseconds processor_time{0};
  std::chrono::system_clock::time_point created; ///< of this incarnation
  std::string running; ///< where the task that runs was given; empty when idle
};

/// Named, long-lived workers: call one by name and it exists.
///
/// A worker runs its tasks one at a time, in the order they arrived, keeps its process variables
/// between them, and lives until it is killed or the set ends. Names are case sensitive, 1 to 255
/// bytes of UTF-8 without control characters.
///
/// @context  every function: any thread, never blocks, unless it says otherwise
/// @source   4D CALL WORKER, KILL WORKER (rules W-1 to W-47, W-76 to W-81)
class workers {
public:
  explicit workers(workers_options options = {});
  /// For test kits and for embedding: takes a system that was made elsewhere.
  explicit workers(std::unique_ptr<detail::worker_system> system);
  workers(const workers&) = delete;
  workers& operator=(const workers&) = delete;
  /// Ends everything in order, as `stop`. Tasks that the main worker never got to run are dropped
  /// and counted.
  ~workers();

  /// Hands a task to the worker of that name; if there is none, the call makes it.
  ///
  /// @order   two calls made from one place run in the order they were made
  /// @errors  `std::invalid_argument` for a bad name, or for an empty task (the worker is made all
  /// the same, W-78);
  ///          `std::system_error` if a worker hired for a thread of its own cannot be given one
  call_result call(std::string_view name, task what,
                   std::source_location where = std::source_location::current());

  /// Hands a task to the worker of that number; a number that designates nobody is no error (rule
  /// W-7).
  call_result call(worker_number number, task what,
                   std::source_location where = std::source_location::current());

  /// Hands a task to the member of a pool that has this key.
  call_result call(const keyed& to, task what,
                   std::source_location where = std::source_location::current());

  /// Gives something to run a name, so that workers can be called by two names: their own and that
  /// of the method. What is defined stays to the end of the set.
  ///
  /// `workers.define("import", [](worker& self, std::string file, int from_line) { … });`
  ///
  /// @context  the body runs in every worker that is called with it, perhaps in several at once: it
  /// must not change what it captures. Its parameters may begin with `worker&`; the others, and its
  /// result, are `serialisable`. It is no template.
  /// @errors   `std::invalid_argument`: an empty name, or one that is taken
  /// @source   rule W-12
  template <class Body>
  void define(std::string_view method, Body body) {
    define_method(method, detail::make_method(std::move(body)));
  }

  /// Calls a method by its name: `workers.call("Importer", "import", "orders.csv", 1)`. Arguments
  /// are copied. An empty name means the method that made the worker, once more; of a worker that
  /// was hired, the first that it was called with by its name.
  ///
  /// @errors  `failure` with `errc::unknown_method` or `errc::wrong_arguments`; the worker is made
  /// all the same (rule W-78); otherwise as a call with a task
  /// @source  rules W-12 to W-14
  template <argument... Arguments>
  call_result call(std::string_view name, method_name method, const Arguments&... arguments) {
    return call_with(name, method, detail::values_of(arguments...));
  }
  template <argument... Arguments>
  call_result call(worker_number number, method_name method, const Arguments&... arguments) {
    return call_with(number, method, detail::values_of(arguments...));
  }
  template <argument... Arguments>
  call_result call(const keyed& to, method_name method, const Arguments&... arguments) {
    return call_with(to, method, detail::values_of(arguments...));
  }
  /// The same, for arguments that come from elsewhere: from JSON, say.
  call_result call_with(std::string_view name, const method_name& method,
                        const std::vector<value>& arguments);
  call_result call_with(worker_number number, const method_name& method,
                        const std::vector<value>& arguments);
  call_result call_with(const keyed& to, const method_name& method,
                        const std::vector<value>& arguments);

  /// A method with its arguments, for everything that takes a task or a question:
  /// `workers.ask("Library", workers.method<int>("count", "Lem")).get()`
  ///
  /// @errors  as `call`; also if the method answers another type than `Result`
  template <class Result = void, argument... Arguments>
  [[nodiscard]] method_call<Result> method(std::string_view name,
                                           const Arguments&... arguments) const {
    return method_call<Result>{
        ready_method_of(name, detail::values_of(arguments...), typeid(Result))};
  }

  /// Hands a task to the worker of that name if one lives; makes nothing.
  ///
  /// @errors  `no_such_worker` if there is none, or if it is being killed; else as `call`
  /// @source  4D: ask for the process number first (rule W-46)
  call_result call_existing(std::string_view name, task what,
                            std::source_location where = std::source_location::current());

  /// Says how much may wait for the worker of that name, in this incarnation and in later ones.
  /// Makes no worker.
  /// @errors `std::invalid_argument`: a bad name, a patience below zero
  void limit(std::string_view name, mailbox_limit to);

  /// How many entries wait for the worker of that name; 0 if there is none.
  [[nodiscard]] std::size_t waiting(std::string_view name) const;

  /// Hands a question to the worker of that name, as a call, and gives the answer to come.
  ///
  /// `workers.ask("Library", [](worker& self) { return self[titles].size(); }).get()`
  ///
  /// @context  a thread that is no worker, or a worker with a thread of its own; others ask with a
  /// continuation: `worker::ask`
  /// @order    questions and calls to one worker run in the order they were made; a question whose
  /// deadline has passed is not run
  /// @errors   at once: as `call`, and `failure` with `errc::would_wait_for_itself` or
  /// `errc::would_block`; later, in the answer: see `answer`
  template <class Question>
  asked<detail::asked_t<Question>>
  ask(std::string_view name, Question&& question, ask_options how = {},
      std::source_location where = std::source_location::current()) {
    return start_ask({name}, std::forward<Question>(question), how, where);
  }
  template <class Question>
  asked<detail::asked_t<Question>>
  ask(worker_number number, Question&& question, ask_options how = {},
      std::source_location where = std::source_location::current()) {
    return start_ask({{}, number}, std::forward<Question>(question), how, where);
  }
  template <class Question>
  asked<detail::asked_t<Question>>
  ask(const keyed& to, Question&& question, ask_options how = {},
      std::source_location where = std::source_location::current()) {
    return start_ask({to.name, 0, to.key}, std::forward<Question>(question), how, where);
  }

  /// Calls later, once. The worker is made then, if there is none.
  /// @errors  `std::invalid_argument`: a bad name, an empty task, a time in the past
  /// @source  rule W-53: what 4D does with a delay and a post to oneself
  timer call_after(std::chrono::nanoseconds delay, std::string_view name, task what,
                   std::source_location where = std::source_location::current());
  /// Calls again and again, the first time after one period, until it is cancelled or the set ends,
  /// whatever becomes of the worker. At most one such call waits.
  /// @errors  `std::invalid_argument`: a bad name, an empty task, a period that is not more than
  /// zero
  timer call_every(std::chrono::nanoseconds period, std::string_view name, task what,
                   pace keeps = pace::fixed_rate,
                   std::source_location where = std::source_location::current());

  /// Makes the worker of that name, if there is none, and says where its tasks run, now and in
  /// later incarnations.
  ///
  /// If the worker is being killed, the next incarnation begins there as soon as this one has
  /// ended.
  ///
  /// @errors  `failure` with `errc::worker_kind_differs` if the name already runs elsewhere;
  /// `std::system_error` if no
  ///          thread can be started
  void hire(std::string_view name, runs_on where);
  /// The same, and says what belongs to the name from now on: how long it may be idle, and what
  /// runs when an incarnation begins. All of it is replaced when it is hired again; `on_start` is
  /// then for the incarnations that are still to begin.
  /// @errors  as above; `std::invalid_argument`: a bad name, an idle time below zero
  void hire(std::string_view name, const hire_options& how,
            std::source_location where = std::source_location::current());

  /// Says what is to be done when a task of the worker of that name throws; `failure_rule::keep`
  /// takes it back. Makes no worker. A question that was asked is no such task: who has asked is
  /// told. What is restarted keeps what waits; what waits is dropped and counted when it is stopped
  /// or given up.
  /// @errors  `std::invalid_argument`: a bad name, or an option out of its range
  /// @source  rule W-41 is the default
  void supervise(std::string_view name, supervision how);
  /// Supervises several together, in this order. It decides about those that have no supervision of
  /// their own, and about those whose own supervision escalates. A later group of the same members
  /// takes its place.
  /// @errors  `std::invalid_argument`: a bad name, nobody or somebody twice among the members, or
  /// an option out of its range
  void supervise_group(std::string_view group, const std::vector<std::string>& members,
                       group_supervision how = {});

  /// Waits until the incarnation that now lives under that name has ended, and says how. Nothing:
  /// it had not when the time was over. If nobody lives there, as under the name of a pool, it says
  /// so at once: `why_ended::nobody`.
  /// @context  a thread that is no worker, or a worker with a thread of its own; blocks
  /// @errors   `failure` with `errc::would_block` in a worker of the pool, a cooperative one and
  /// the main worker, with `errc::would_wait_for_itself` in the worker of that name
  [[nodiscard]] std::optional<worker_end> await_end(std::string_view name,
                                                    std::chrono::nanoseconds within);

  /// Ends a worker after the task in progress; waiting tasks are dropped and counted, the name
  /// stays usable. A worker that does not exist is no error. The main worker (1) is only emptied.
  /// @source rules W-30 to W-36
  void kill(std::string_view name);
  void kill(worker_number number);

  /// Ends a worker as if its process had died: after the task in progress, what waits is kept for
  /// the next incarnation, which starts at once if there is any. Servers it owned close their
  /// clients with 1011 and hear nothing more; with `callbacks::in_connection`, whose callbacks are
  /// not the worker's, each connection still hears of its own end.
  /// @source rules W-42 and W-43
  void abort(std::string_view name);

  /// Puts several workers behind one name: a call or an ask by that name goes to one of them. The
  /// members are workers like any other, made by their first calls, and named after the pool:
  /// `Importers/1`, `Importers/2`, … In the pool's name, `kill` and `abort` mean all members,
  /// `limit` the mailbox of each, `waiting` all that waits for any of them. The name itself has no
  /// number, so `call_existing` finds nobody there.
  ///
  /// @order   calls with one key (`keyed`) run in the order they were made, whether the pool grows
  /// or shrinks meanwhile; of others nothing is promised
  /// @errors  `std::invalid_argument`: a bad name, options out of range; `failure` with
  /// `errc::worker_kind_differs` if somebody lives under that name, or it is a pool's already, or a
  /// member's name is in use elsewhere
  /// @source  rule U-24
  void hire_pool(std::string_view name, const pool_options& options = {});

  /// The members of that pool that live, in order of number; nobody if it is no pool.
  [[nodiscard]] std::vector<worker_info> members(std::string_view pool) const;

  /// The number under which that name runs, or 0. Asking makes nothing. @source rule W-46
  [[nodiscard]] worker_number number_of(std::string_view name) const;

  /// One worker, or nothing for a wrong number. @source rule W-47
  [[nodiscard]] std::optional<worker_info> info(worker_number number) const;

  /// All living workers, in order of number.
  [[nodiscard]] std::vector<worker_info> list() const;

  /// Has the worker of that name write a line for each entry that it has run, from the entries on
  /// that come in now: what kind, where given, by whom, how long it waited and ran. Makes no
  /// worker. In a pool's name: of all its members.
  void trace(std::string_view name, tracing to);
  void trace(worker_number number, tracing to);
  /// Where these lines go. Default: stderr.
  /// @context the worker that is traced, behind the entry
  void on_trace(trace_handler handler);

  /// Whether workers' processor time is measured from now on: `worker_info::processor_time`. Costs
  /// two system calls each time a worker begins to work.
  void measure_processor_time(measuring to);

  /// How many things were handed over and will never run: posts to numbers that nobody has, what a
  /// kill, an abort, the end of the set or a full mailbox dropped, and a worker's calls to itself
  /// after its own kill. Not those whose caller was told `mailbox_full`.
  [[nodiscard]] std::uint64_t dead_letters() const;
  [[nodiscard]] std::uint64_t dead_letters(drop_reason why) const;
  /// Hears of each of them.
  /// @context wherever it happens; what the handler throws becomes a warning
  void on_dead_letter(dead_letter_handler handler);

  /// What the worker of that name says about itself, as JSON text: see `worker::describe_by`.
  /// `null` if it says nothing. Runs in the worker, as an ask; makes none.
  /// @errors as `ask`
  [[nodiscard]] asked<std::string>
  describe(std::string_view name, ask_options how = {},
           std::source_location where = std::source_location::current()) {
    return ask(number_of(name), &description_of, how, where);
  }

  /// How many calls were dropped because the set was ending, over all names and numbers: every call
  /// that was answered `shutting_down`, and all that waited.
  [[nodiscard]] std::uint64_t dropped_at_shutdown() const;

  /// Hears of every task that throws, unless its worker has a handler of its own. Default: one line
  /// on stderr.
  ///
  /// @context  the handler runs in the worker whose task threw; for a handler's callback with
  /// `callbacks::in_connection`, on the connection's I/O thread, several at once. What the handler
  /// itself throws there becomes a warning.
  void on_error(error_handler handler);

  /// Hears of tasks that run too long, of mailboxes that grow (at
  /// `mailbox_limit::high_water`, and whenever they have doubled again), and of other things an
  /// operator should know. Default: one line on stderr; an empty handler gives the default back.
  ///
  /// @context  the handler runs in the watchdog's thread, or where the thing happened
  void on_warning(std::function<void(const std::string&)> handler);

  /// Runs the main worker's tasks in this thread until SIGINT or SIGTERM, then ends everything in
  /// order, as `stop`. A second signal, at least half a second after the first, ends the process at
  /// once.
  ///
  /// @context  one thread at a time, no worker's; blocks
  /// @errors   `std::logic_error` inside a worker of this set, or a callback of one of its
  /// connections; otherwise as `stop`
  void wait_for_interrupt();

  /// Makes `wait_for_interrupt` return as if a signal had come.
  void interrupt();

  /// Ends everything in order: listeners, servers (every client is told 1001), workers, network.
  /// Later calls to workers are dropped and counted.
  ///
  /// @context  any thread but a worker's; blocks, at most `stop_deadline`
  /// @errors   `std::logic_error` inside a worker of this set, or a callback of one of its
  /// connections, which it would wait for; whoever misses the deadline is named on stderr, then the
  /// process ends with 1
  void stop();

  /// For components built on workers.
  [[nodiscard]] detail::worker_system& system() const noexcept { return *system_; }

private:
  template <class Question>
  asked<detail::asked_t<Question>> start_ask(detail::ask_core::address whom, Question&& question,
                                             ask_options how, std::source_location where) {
    using result = detail::asked_t<Question>;
    const auto state = std::make_shared<detail::awaited_ask<result>>();
    state->start(
        *system_, whom,
        detail::question<result, std::decay_t<Question>>{state, std::forward<Question>(question)},
        how, nullptr, where);
    return asked<result>{state};
  }
  [[nodiscard]] static std::string description_of(worker& self);
  void define_method(std::string_view method, std::unique_ptr<detail::method> what);
  [[nodiscard]] std::unique_ptr<detail::ready_method>
  ready_method_of(std::string_view method, const std::vector<value>& arguments,
                  const std::type_info& wanted) const;

  std::unique_ptr<detail::worker_system> system_;
};

} // namespace callsign
