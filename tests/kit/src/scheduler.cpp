#include <callsign/testkit/scheduler.hpp>

#include "actors/src/worker_actor.hpp"
#include "actors/src/worker_system.hpp"
#include "tests/kit/src/jobs.hpp"
#include "tests/kit/src/thread_turns.hpp"

#include <gtest/gtest.h>

#include <caf/all.hpp>
#include <caf/scheduler/test_coordinator.hpp>

#include <algorithm>
#include <map>
#include <random>
#include <utility>

namespace callsign::testkit {

namespace {

std::string in_lines(const std::vector<std::string>& what) {
  std::string text;
  for (const auto& line : what)
    text += "\n  " + line;
  return text;
}

} // namespace

std::string_view to_string(mail kind) noexcept {
  switch (kind) {
  case mail::task: return "task";
  case mail::requested: return "requested";
  case mail::opened: return "opened";
  case mail::received: return "received";
  case mail::closed: return "closed";
  case mail::timer: return "timer";
  case mail::reply: return "reply";
  case mail::started: return "started";
  case mail::down: return "down";
  case mail::end: return "end";
  }
  return "unknown";
}

/// Everything a unit may still need when the scheduler itself is gone.
class scheduler::core : public std::enable_shared_from_this<core> {
public:
  core(virtual_clock& clock, schedule how) : clock_{clock}, how_{how}, dice_{how.seed} {}

  // -- what is ready ------------------------------------------------------------------------------

  [[nodiscard]] std::size_t ready_count() const {
    std::size_t n = jobs().size() + due_timers();
    for (const auto* source : sources)
      n += source->ready();
    return n;
  }

  [[nodiscard]] std::vector<std::string> describe_all() const {
    std::vector<std::string> lines;
    for (auto* job : jobs())
      lines.push_back(describe_job(job));
    if (due_timers() != 0)
      lines.emplace_back("timers that are due");
    for (const auto* source : sources) {
      for (std::size_t i = 0; i < source->ready(); ++i)
        lines.push_back(source->describe(i));
    }
    return lines;
  }

  [[nodiscard]] std::optional<std::size_t> job_of(std::string_view worker) const {
    for (std::size_t i = 0; i < jobs().size(); ++i) {
      const auto* who = dynamic_cast<const detail::worker_actor*>(jobs()[i]);
      if (who != nullptr && who->whose().name() == worker)
        return i;
    }
    return std::nullopt;
  }

  [[nodiscard]] detail::worker_actor& worker_at(std::size_t index) const {
    return dynamic_cast<detail::worker_actor&>(*jobs()[index]);
  }

  [[nodiscard]] std::vector<waiting> waiting_at(std::size_t index) const {
    const auto& who = worker_at(index);
    std::vector<waiting> all;
    if (who.next_step().is_end)
      all.push_back({mail::end, {}, {}, 0});
    for (const auto& one : who.waiting()) {
      const bool is_client = (one.sender & detail::client_mark) != 0;
      all.push_back({mail_of(one.kind), is_client ? std::string{} : name_of(names_, one.sender),
                     detail::label_of(one.where),
                     is_client ? one.sender & ~detail::client_mark : 0});
    }
    return all;
  }

  // -- running ------------------------------------------------------------------------------------

  bool run_one() {
    const std::size_t count = ready_count();
    if (count == 0)
      return false;
    switch (how_.steps) {
    case order::fifo: run(0); break;
    case order::random: run(static_cast<std::size_t>(dice_() % count)); break;
    case order::chosen:
      if (explores_)
        run_chosen();
      else
        run(0);
      break;
    }
    return true;
  }

  /// Asks the chooser, and looks at what the step touches.
  void run_chosen() {
    std::vector<step_view> views;
    std::vector<thread_step> parts;
    for (auto* job : jobs()) {
      views.push_back(view_of(job, names_));
      parts.push_back({thread_of(job), thread_part::none});
    }
    if (due_timers() != 0) {
      views.push_back({"timers", "timers", {}, "are due"});
      parts.emplace_back();
    }
    for (const auto* source : sources) {
      for (std::size_t i = 0; i < source->ready(); ++i) {
        auto words = source->describe(i);
        views.push_back({"step " + words, source->lane(i), {}, words});
        const auto part = source->part(i);
        parts.push_back({part == thread_part::none ? std::string{} : source->lane(i), part});
      }
    }
    const auto which = choose(views, parts);
    auto touched = touches_at(which);
    const auto before = loads();
    run(which);
    const auto after = loads();
    for (const auto& [key, load] : after) {
      const auto known = before.find(key);
      if (key != views[which].key && (known == before.end() || known->second != load))
        touched.add(key);
    }
    for (const auto& [key, load] : before) {
      if (!after.contains(key))
        touched.add(key);
    }
    how_.chooser->ran(touched);
  }

  /// Among those that their threads may take now.
  std::size_t choose(const std::vector<step_view>& views, const std::vector<thread_step>& parts) {
    if (how_.io_threads == thread_order::any)
      return how_.chooser->choose(views);
    const auto allowed = turns_.allowed(parts);
    std::vector<step_view> seen;
    for (const auto place : allowed)
      seen.push_back(views[place]);
    const auto which = allowed[how_.chooser->choose(seen)];
    turns_.taken(which, parts);
    return which;
  }

  /// The thread that runs it, if that takes turns.
  [[nodiscard]] std::string thread_of(caf::resumable* job) const {
    const auto where = pinned_.find(job);
    const auto lane = where == pinned_.end() ? lanes_.end() : lanes_.find(where->second);
    return lane == lanes_.end() ? std::string{} : lane->second;
  }

  [[nodiscard]] footprint touches_at(std::size_t which) const {
    if (which < jobs().size())
      return touches_of(jobs()[which], how_.tasks);
    which -= jobs().size();
    // What is due may be anybody's, and is handed over all at once.
    if (which < due_timers())
      return {};
    which -= due_timers();
    for (const auto* source : sources) {
      if (which < source->ready())
        return source->touches(which);
      which -= source->ready();
    }
    return {};
  }

  [[nodiscard]] std::map<std::string, std::size_t> loads() const {
    std::map<std::string, std::size_t> all;
    for (auto* job : jobs())
      all.emplace(key_of(job), load_of(job));
    return all;
  }

  void run(std::size_t which) {
    ++steps;
    run_somewhere(which);
    if (after_each)
      after_each();
  }

  void run_somewhere(std::size_t which) {
    if (which < jobs().size()) {
      run_job(which);
      return;
    }
    which -= jobs().size();
    if (which < due_timers()) {
      timers->run_due();
      return;
    }
    which -= due_timers();
    for (auto* source : sources) {
      if (which < source->ready()) {
        source->run(which);
        return;
      }
      which -= source->ready();
    }
  }

  void run_job(std::size_t which) {
    auto& queue = jobs();
    auto* job = queue[which];
    if (const auto* who = dynamic_cast<const detail::worker_actor*>(job))
      names_[static_cast<std::uint32_t>(who->whose().number())] = who->whose().name();
    queue.erase(queue.begin() + static_cast<std::ptrdiff_t>(which));
    switch (job->resume(context_.get(), 1)) {
    case caf::resumable::resume_later: queue.push_back(job); break;
    case caf::resumable::done: pinned_.erase(job); [[fallthrough]];
    case caf::resumable::awaiting_message: caf::intrusive_ptr_release(job); break;
    case caf::resumable::shutdown_execution_unit: break;
    }
  }

  bool run_one_other() {
    for (std::size_t i = 0; i < jobs().size(); ++i) {
      const auto* who = dynamic_cast<const detail::worker_actor*>(jobs()[i]);
      if (who != nullptr && next_step_of(*who))
        continue;
      run(i);
      return true;
    }
    for (auto* source : sources) {
      if (source->ready() == 0)
        continue;
      ++steps;
      source->run(0);
      return true;
    }
    return false;
  }

  /// While the workers end: a step, or else time until the next is due.
  bool pump() {
    explores_ = false;
    if (while_ending && while_ending())
      return true;
    if (++pumped_ > default_limit) {
      ADD_FAILURE() << "the workers do not end: after " << default_limit
                    << " steps there is still ready:" << in_lines(describe_all());
      return false;
    }
    if (run_one())
      return true;
    auto due = next_timer();
    for (const auto* source : sources) {
      if (const auto its = source->next_due(); its && (!due || *its < *due))
        due = its;
    }
    if (!due)
      return false;
    clock_.advance_to(*due);
    return true;
  }

  // -- the system that runs here ------------------------------------------------------------------

  [[nodiscard]] std::unique_ptr<detail::unit> make_unit(caf::actor_system& system);
  [[nodiscard]] const std::shared_ptr<detail::clock_source>& clock_source() const {
    return clock_.source();
  }

  void enter(caf::actor_system& system) {
    if (coordinator_ != nullptr)
      return;
    coordinator_ = &dynamic_cast<caf::scheduler::test_coordinator&>(system.scheduler());
    context_ = std::make_unique<context>(system, *coordinator_);
  }

  /// The system is gone, and its queue with it.
  void leave() noexcept {
    coordinator_ = nullptr;
    context_.reset();
  }

  [[nodiscard]] std::deque<caf::resumable*>& jobs() {
    return coordinator_ != nullptr ? coordinator_->jobs : no_jobs_;
  }
  [[nodiscard]] const std::deque<caf::resumable*>& jobs() const {
    return coordinator_ != nullptr ? coordinator_->jobs : no_jobs_;
  }

  void explores(bool is_on) {
    explores_ = is_on;
    turns_.reset();
  }
  void takes_turns(const std::string& lane, const detail::unit& where) {
    lanes_.insert_or_assign(&where, lane);
  }
  /// An actor pinned there has mail.
  void add_pinned(caf::resumable* who, const detail::unit& where) {
    pinned_.insert_or_assign(who, &where);
    jobs().push_back(who);
  }
  /// Never zero.
  [[nodiscard]] std::uint64_t seed() const { return how_.seed + 1; }

  /// One step, or none: all that is due is handed to the workers at once.
  [[nodiscard]] std::size_t due_timers() const {
    const auto next = next_timer();
    return next && *next <= clock_.now() ? 1 : 0;
  }
  [[nodiscard]] std::optional<std::chrono::steady_clock::time_point> next_timer() const {
    return timers != nullptr ? timers->next() : std::nullopt;
  }

  std::vector<step_source*> sources;
  std::function<void()> after_each;
  std::function<bool()> while_ending;
  detail::timers* timers = nullptr;
  std::size_t steps = 0;

private:
  struct context final : caf::execution_unit {
    context(caf::actor_system& system, caf::scheduler::test_coordinator& to)
        : caf::execution_unit{&system}, queue{to.jobs} {}
    void exec_later(caf::resumable* who) override { queue.push_back(who); }
    std::deque<caf::resumable*>& queue;
  };

  worker_names names_;
  bool explores_ = true;
  std::map<const detail::unit*, std::string> lanes_;            ///< of threads that take turns
  std::map<const caf::resumable*, const detail::unit*> pinned_; ///< until they end
  thread_turns turns_;

  virtual_clock& clock_;
  schedule how_;
  std::mt19937_64 dice_;
  caf::scheduler::test_coordinator* coordinator_ = nullptr;
  std::unique_ptr<context> context_;
  std::deque<caf::resumable*> no_jobs_;
  std::size_t pumped_ = 0;
};

namespace {

/// Actors pinned here are the test's to run.
template <class Core>
class test_unit final : public detail::unit {
public:
  test_unit(caf::actor_system& system, std::shared_ptr<Core> by)
      : detail::unit{system}, by_{std::move(by)} {}
  void schedule(caf::resumable* who) override { by_->add_pinned(who, *this); }

private:
  std::shared_ptr<Core> by_;
};

} // namespace

std::unique_ptr<detail::unit> scheduler::core::make_unit(caf::actor_system& system) {
  enter(system);
  return std::make_unique<test_unit<core>>(system, shared_from_this());
}

scheduler::scheduler(virtual_clock& clock, schedule how)
    : core_{std::make_shared<core>(clock, how)} {}

scheduler::~scheduler() { core_->leave(); }

void scheduler::add_source(step_source& what) { core_->sources.push_back(&what); }

void scheduler::remove_source(step_source& what) { std::erase(core_->sources, &what); }

bool scheduler::run_one() { return core_->run_one(); }

std::size_t scheduler::run_all(std::size_t limit, std::source_location where) {
  for (std::size_t n = 0; n < limit; ++n) {
    if (!core_->run_one())
      return n;
  }
  if (!is_idle()) {
    ADD_FAILURE_AT(where.file_name(), static_cast<int>(where.line()))
        << "this does not end: after " << limit
        << " steps there is still ready:" << in_lines(core_->describe_all());
  }
  return limit;
}

void scheduler::explores(bool is_on) { core_->explores(is_on); }

void scheduler::takes_turns(const std::string& lane, const detail::unit& where) {
  core_->takes_turns(lane, where);
}

void scheduler::after_each(std::function<void()> what) { core_->after_each = std::move(what); }

bool scheduler::run_one_other() { return core_->run_one_other(); }

void scheduler::while_ending(std::function<bool()> what) { core_->while_ending = std::move(what); }

bool scheduler::is_idle() const { return core_->ready_count() == 0; }

std::size_t scheduler::steps() const noexcept { return core_->steps; }

std::vector<std::string> scheduler::ready() const { return core_->describe_all(); }

void scheduler::run_at(std::size_t which) { core_->run(which); }

std::vector<scheduler::waiting> scheduler::waiting_for(std::string_view worker) const {
  const auto found = core_->job_of(worker);
  return found ? core_->waiting_at(*found) : std::vector<waiting>{};
}

void scheduler::prepone(std::string_view worker, std::size_t index) {
  if (const auto found = core_->job_of(worker))
    core_->worker_at(*found).prepone(index);
}

std::optional<mail> scheduler::next_of(std::string_view worker) const {
  const auto found = core_->job_of(worker);
  return found ? next_step_of(core_->worker_at(*found)) : std::nullopt;
}

std::string scheduler::describe_next_of(std::string_view worker) const {
  const auto found = core_->job_of(worker);
  return found ? describe_job(core_->jobs()[*found])
               : "nothing waits for worker \"" + std::string{worker} + '"';
}

void scheduler::run_due_timers() {
  if (core_->due_timers() != 0)
    core_->timers->run_due();
}

std::optional<std::chrono::steady_clock::time_point> scheduler::next_timer() const {
  return core_->next_timer();
}

bool scheduler::run_one_of(std::string_view worker) {
  const auto found = core_->job_of(worker);
  if (found)
    core_->run(*found);
  return found.has_value();
}

detail::system_hooks scheduler::hooks() {
  detail::system_hooks hooks;
  hooks.clock = core_->clock_source();
  hooks.is_deterministic = true;
  hooks.seed = core_->seed();
  hooks.limits.entries = 1;
  hooks.make_unit = [by = core_](caf::actor_system& system, const std::function<void()>&) {
    return by->make_unit(system);
  };
  hooks.drive_timers = [by = core_](detail::timers* which) { by->timers = which; };
  hooks.pump = [by = core_] { return by->pump(); };
  return hooks;
}

} // namespace callsign::testkit
