/// \file
/// Runs everything that happens in a world, one step at a time, in one thread.
#pragma once

#include <callsign/testkit/footprint.hpp>
#include <callsign/testkit/virtual_clock.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <source_location>
#include <string>
#include <string_view>
#include <vector>

namespace callsign::detail {
struct system_hooks;
class unit;
} // namespace callsign::detail

namespace callsign::testkit {

/// Which of the steps that are ready comes next.
enum class order {
  fifo,   ///< mail in the order it came; then what other sources have, in the order they were added
  random, ///< any of them; the seed decides, and every failure names it
  chosen, ///< whichever the chooser says
};

/// What code of the application may touch from within a step.
enum class reach {
  anything,    ///< whatever there is
  own_mailbox, ///< only what belongs to the worker or actor that runs it
};

/// In which order an I/O thread takes what it has to do, where a chooser decides.
enum class thread_order {
  any,      ///< any: more than a program that runs can show
  in_turns, ///< as its loop does: what arrives, in any order; then a turn, which nothing that
            ///< arrives interrupts: the actors that have mail, what the lanes brought, the actors
            ///< that this gave mail to, one flush. Other threads do theirs between any two of its
            ///< steps
};

/// A step that is ready, as a chooser sees it.
struct step_view {
  std::string key;   ///< the same step has the same key in every run
  std::string lane;  ///< who does it
  std::string from;  ///< who caused it, if that is known
  std::string words; ///< what it is
};

/// Decides which step comes next; see `explore`.
class step_chooser {
public:
  virtual ~step_chooser() = default;
  /// @param ready  at least one; in the order of `fifo`
  [[nodiscard]] virtual std::size_t choose(const std::vector<step_view>& ready) = 0;
  /// The chosen step has run.
  virtual void ran(const footprint& touched) = 0;
};

/// How a world chooses. The same seed makes the same run.
struct schedule {
  order steps = order::fifo;
  std::uint64_t seed = 0;
  std::shared_ptr<step_chooser> chooser = nullptr; ///< for `order::chosen`
  reach tasks = reach::anything;
  thread_order io_threads = thread_order::any; ///< for `order::chosen`
};

/// What a step of a worker is.
enum class mail {
  task,      ///< asked for by a call
  requested, ///< a client asks to come in
  opened,    ///< a server has started
  received,  ///< a client's message
  closed,    ///< a connection or server ends
  timer,     ///< a time has come
  reply,     ///< the answer to an ask
  started,   ///< an incarnation begins: `hire_options::on_start`
  down,      ///< a worker that is watched has ended
  end,       ///< not in the mailbox but beside it: the worker notices that it was killed or aborted
};

[[nodiscard]] std::string_view to_string(mail kind) noexcept;

/// What a step is to the thread that takes it.
enum class thread_part {
  none,     ///< it is taken by no thread of turns
  arrival,  ///< something arrives: a fact, a timer, what others posted
  hand_out, ///< what the lanes brought goes to the actors
  flush,    ///< what is to be written is
};

/// Something that has steps which are no actor's mail: a lane, a flush, timers.
///
/// @context the thread of the world
class step_source {
public:
  virtual ~step_source() = default;
  /// How many steps could run now.
  [[nodiscard]] virtual std::size_t ready() const = 0;
  /// Runs one of them; `which` is less than `ready()`.
  virtual void run(std::size_t which) = 0;
  /// What it would be, for failures: "flush of ana's session".
  [[nodiscard]] virtual std::string describe(std::size_t which) const = 0;
  /// Who does it, for charts.
  [[nodiscard]] virtual std::string lane(std::size_t which) const {
    static_cast<void>(which);
    return "others";
  }
  /// What it is to the thread that `lane` names.
  [[nodiscard]] virtual thread_part part(std::size_t which) const {
    static_cast<void>(which);
    return thread_part::none;
  }
  /// What it would touch, beside the mailboxes it puts something in.
  [[nodiscard]] virtual footprint touches(std::size_t which) const {
    static_cast<void>(which);
    return {};
  }
  /// When time alone makes the next step ready. While the workers end, the clock is moved there
  /// once nothing is ready.
  [[nodiscard]] virtual std::optional<std::chrono::steady_clock::time_point> next_due() const {
    return std::nullopt;
  }
};

/// Owns the order of everything. A step is one entry of a worker's mailbox, one noticed end, one
/// message of another actor, or one step of a source.
///
/// @context one thread
class scheduler {
public:
  static constexpr std::size_t default_limit = 100'000;

  explicit scheduler(virtual_clock& clock, schedule how = {});
  ~scheduler();
  scheduler(const scheduler&) = delete;
  scheduler& operator=(const scheduler&) = delete;

  /// Its steps take part from now on, after the mail of the actors. It must outlive the scheduler
  /// or be removed.
  void add_source(step_source& what);
  void remove_source(step_source& what);

  /// Runs one step. False: none is ready.
  bool run_one();

  /// Runs until nothing is ready; answers how many steps that took. A run that does not end in
  /// `limit` steps fails, with a list of what is still ready.
  std::size_t run_all(std::size_t limit = default_limit,
                      std::source_location where = std::source_location::current());

  /// With `order::chosen`: whether the chooser is asked, or `fifo` holds. At first it is.
  void explores(bool is_on);

  /// Actors that are pinned to that unit are run by the thread whose other steps have that lane.
  void takes_turns(const std::string& lane, const detail::unit& where);

  /// Called after every step.
  void after_each(std::function<void()> what);

  [[nodiscard]] bool is_idle() const;
  /// How many steps have run since the beginning.
  [[nodiscard]] std::size_t steps() const noexcept;
  /// What could run now, a line each, in the order of `fifo`.
  [[nodiscard]] std::vector<std::string> ready() const;

  /// Runs one of what is `ready()`, by its place there.
  void run_at(std::size_t which);

  /// An entry that waits in a mailbox.
  struct waiting {
    mail kind;
    std::string sender; ///< the worker that called; empty: none did
    std::string where;  ///< "chat.cpp:42"
    /// Whose it is, by the number in a recording; 0: nobody's.
    std::uint32_t client = 0;
  };
  /// What that worker will handle, in order.
  [[nodiscard]] std::vector<waiting> waiting_for(std::string_view worker) const;
  /// Puts one of them before all others, whatever came first.
  void prepone(std::string_view worker, std::size_t index);

  /// What the next step of that worker is, if it has one.
  [[nodiscard]] std::optional<mail> next_of(std::string_view worker) const;
  /// The same in words, with the place where a task was given.
  [[nodiscard]] std::string describe_next_of(std::string_view worker) const;
  /// Hands the ticks and deadlines that are due to their workers; it is one step of a run, and a
  /// world does it before it looks at a worker's next step.
  void run_due_timers();
  /// When the next of them will be due.
  [[nodiscard]] std::optional<std::chrono::steady_clock::time_point> next_timer() const;
  /// Runs the next step of that worker, whoever else is ready. False: it has none.
  bool run_one_of(std::string_view worker);

  /// Runs one step that is no entry of a worker and no noticed end. False: there is none.
  bool run_one_other();
  /// What is done, again and again, while the workers end, instead of whatever is ready. False: it
  /// is done with that, and what is ready follows.
  void while_ending(std::function<bool()> what);

  /// What a system of workers needs to run here. Use them for one system, which must end first.
  [[nodiscard]] detail::system_hooks hooks();

private:
  class core;
  std::shared_ptr<core> core_;
};

} // namespace callsign::testkit
