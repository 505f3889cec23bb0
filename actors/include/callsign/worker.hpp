/// \file
/// A worker as the task that runs in it sees it.
#pragma once

#include <callsign/ask.hpp>
#include <callsign/error.hpp>
#include <callsign/method.hpp>
#include <callsign/process_variable.hpp>
#include <callsign/task.hpp>
#include <callsign/timer.hpp>
#include <callsign/watch.hpp>
#include <callsign/worker_pool.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <source_location>
#include <string>
#include <string_view>
#include <vector>

namespace callsign {

namespace detail {
class incarnation;
}

class workers;

/// Designates one incarnation of a worker. Numbers are never used twice in a run; 1 is the main
/// worker, 0 is nobody.
/// @source rules W-1, W-38, W-46, W-77
using worker_number = std::uint64_t;

inline constexpr worker_number main_worker = 1;

/// What became of a call. Nothing has to be done about it; it is there for those who want to know.
enum class call_result {
  queued,            ///< waits in the mailbox of a living worker, or of the next incarnation
  created,           ///< the call made the worker
  no_such_worker,    ///< called by a number that designates nobody: nothing happens (rule W-7)
  killed_itself,     ///< a worker called itself after its own kill: dropped and counted (rule W-35)
  shutting_down,     ///< the set of workers is ending: dropped and counted (rule W-81)
  mailbox_full,      ///< not taken, and counted: the mailbox has a limit (rule W-79)
  dropped,           ///< dropped and counted, as the limit of the mailbox asks for
  no_startup_method, ///< an empty method name, and no method made the worker: nothing ran (rule
                     ///< W-14)
};

/// A task that threw, as the error handler sees it.
struct task_error {
  std::string worker;           ///< the worker's name
  worker_number number = 0;     ///< its number
  std::string label;            ///< where the task was given: file and line
  std::string what;             ///< the exception's text
  std::exception_ptr exception; ///< the exception itself
};

using error_handler = std::function<void(const task_error&)>;

/// The place a task runs in. Valid during the task only; what may be kept is the worker's name.
///
/// @context  every function: only inside a task or callback of this worker
/// @source   4D worker processes (section 1.5 of the 4D rules)
class worker {
public:
  explicit worker(detail::incarnation& self) noexcept : self_{self} {}
  worker(const worker&) = delete;
  worker& operator=(const worker&) = delete;

  /// The name that calls reach; give it to others so that they can answer. In the main worker it is
  /// for display only: no name is reserved, so a call to "main" makes a worker of that name. The
  /// main worker is reached by its number, `main_worker`. @source rules W-3, W-5 and W-38
  [[nodiscard]] const std::string& name() const noexcept;

  /// The number of this incarnation.
  [[nodiscard]] worker_number number() const noexcept;

  /// The value this worker keeps under the variable's name; made by `T{}` when first mentioned.
  ///
  /// @errors  `std::logic_error` if a variable of that name and another type exists in this worker
  template <class T>
  [[nodiscard]] T& operator[](const process_variable<T>& variable) {
    const detail::variable_key key{variable.name, &typeid(T), [] {
                                     return std::unique_ptr<detail::variable_box>(
                                         std::make_unique<detail::variable_box_of<T>>());
                                   }};
    return *static_cast<T*>(find_variable(key));
  }

  /// Calls a worker; see `workers::call`.
  call_result call(std::string_view name, task what,
                   std::source_location where = std::source_location::current());
  call_result call(worker_number number, task what,
                   std::source_location where = std::source_location::current());
  call_result call(const keyed& to, task what,
                   std::source_location where = std::source_location::current());

  /// Calls a method; see `workers::call`.
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
  call_result call_with(std::string_view name, const method_name& method,
                        const std::vector<value>& arguments);
  call_result call_with(worker_number number, const method_name& method,
                        const std::vector<value>& arguments);
  call_result call_with(const keyed& to, const method_name& method,
                        const std::vector<value>& arguments);

  /// Hands a question to the worker of that name, and what to do with its answer to this one.
  ///
  /// @context  `question` runs in the worker that is asked; `then(worker&, answer<…>)` runs here,
  /// as an entry of its own: nothing waits, and other tasks may run in between
  /// @order    questions and calls to one worker run in the order they were made
  /// @errors   what can go wrong later is in the `answer`; at once: as `workers::call`
  /// @source   rule W-28, without giving one's name
  template <class Question, class Then>
  void ask(std::string_view name, Question&& question, Then&& then, ask_options how = {},
           std::source_location where = std::source_location::current()) {
    start_ask({name}, std::forward<Question>(question), std::forward<Then>(then), how, where);
  }
  template <class Question, class Then>
  void ask(worker_number number, Question&& question, Then&& then, ask_options how = {},
           std::source_location where = std::source_location::current()) {
    start_ask({{}, number}, std::forward<Question>(question), std::forward<Then>(then), how, where);
  }
  template <class Question, class Then>
  void ask(const keyed& to, Question&& question, Then&& then, ask_options how = {},
           std::source_location where = std::source_location::current()) {
    start_ask({to.name, 0, to.key}, std::forward<Question>(question), std::forward<Then>(then), how,
              where);
  }

  /// Runs something in this incarnation later, once. Ends with it.
  /// @errors  `std::invalid_argument`: an empty task, a time in the past
  timer after(std::chrono::nanoseconds delay, task what,
              std::source_location where = std::source_location::current());
  /// Runs something in this incarnation again and again, the first time after one period. Ends with
  /// it.
  ///
  /// @context  in turn with the worker's tasks; one tick at a time, and never more than one waits
  /// @errors   `std::invalid_argument`: an empty task, a period that is not more than zero
  /// @source   rule W-53
  timer every(std::chrono::nanoseconds period, task what, pace keeps = pace::fixed_rate,
              std::source_location where = std::source_location::current());

  /// Hears, once, when the incarnation that now lives under that name or number has ended; when
  /// nobody lives there, at once. To hear of the next one, watch again.
  ///
  /// @context  `then` runs here, as an entry of its own, in turn with this worker's tasks
  /// @order    all of that incarnation has run and is destroyed; of the next one nothing has run
  /// @errors   none later: no limit of the mailbox keeps the news out; it ends with this
  /// incarnation. At once: `std::invalid_argument` for an empty handler, `std::logic_error` if it
  /// watches itself
  watching watch(std::string_view name, end_handler then,
                 std::source_location where = std::source_location::current());
  watching watch(worker_number number, end_handler then,
                 std::source_location where = std::source_location::current());

  /// Asks for this worker's own end: the task finishes, waiting tasks are dropped, the name stays
  /// usable.
  /// @source KILL WORKER without argument (rules W-30, W-32)
  void kill();

  /// Whether this worker is to end when the task that runs has ended: it was killed or aborted, or
  /// the whole set ends. For tasks that take long or block, to stop early and to tidy up; within
  /// `workers_options::stop_deadline`, if the set ends. A kill only empties the main worker, so
  /// there it says whether the set is to end; a signal counts once it has been read, between tasks.
  ///
  /// @order   while the task runs: never again false once it was true
  /// @source  rules W-44 and W-45
  [[nodiscard]] bool is_end_requested() const noexcept;

  /// Takes over the errors of this worker's tasks from the general handler; an empty one gives them
  /// back.
  /// @source rule W-40: exactly one handler hears of an error
  void on_error(error_handler handler);

  /// Says what this worker is about, as JSON text, when `workers::describe` asks. Belongs to this
  /// incarnation. `to_json` makes such text.
  void describe_by(std::function<std::string(worker&)> description);

  /// The time that deadlines are measured in. In tests it is a virtual clock.
  [[nodiscard]] std::chrono::steady_clock::time_point now() const noexcept;

  /// The set this worker belongs to.
  [[nodiscard]] workers& set() const noexcept;

  /// For components that run callbacks in a worker, such as servers.
  [[nodiscard]] detail::incarnation& incarnation() const noexcept { return self_; }

private:
  template <class Question, class Then>
  void start_ask(detail::ask_core::address whom, Question&& question, Then&& then, ask_options how,
                 std::source_location where) {
    using result = detail::asked_t<Question>;
    const auto state = std::make_shared<detail::continued_ask<result, std::decay_t<Then>>>(
        std::forward<Then>(then));
    state->start(
        system(), whom,
        detail::question<result, std::decay_t<Question>>{state, std::forward<Question>(question)},
        how, &self_, where);
  }
  [[nodiscard]] detail::worker_system& system() const noexcept;
  [[nodiscard]] void* find_variable(const detail::variable_key& key);

  detail::incarnation& self_;
};

} // namespace callsign
