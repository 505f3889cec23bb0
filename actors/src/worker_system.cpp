#include "actors/src/worker_system.hpp"

#include "actors/src/held_wakes.hpp"
#include "actors/src/last_words.hpp"
#include "actors/src/long_time.hpp"
#include "actors/src/on_the_wheel.hpp"
#include "actors/src/ticker.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <system_error>
#include <thread>

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

namespace callsign::detail {

namespace {

std::unique_ptr<unit> make_thread_unit(caf::actor_system& system, std::function<void()> wake) {
  return std::make_unique<thread_unit>(system, std::move(wake));
}

/// More than that would overflow when it is added to the time.
workers_options capped(workers_options options) noexcept {
  constexpr std::chrono::milliseconds longest = std::chrono::hours{24 * 365};
  options.long_task = std::min(options.long_task, longest);
  options.stop_deadline = std::min(options.stop_deadline, longest);
  return options;
}

bool was_taken(call_result result) noexcept {
  return result == call_result::queued || result == call_result::created;
}

} // namespace

worker_system::worker_system(workers_options options, system_hooks hooks)
    : options_{capped(options)}, hooks_{std::move(hooks)},
      dice_{hooks_.seed != 0 ? hooks_.seed : std::random_device{}()}, on_warning_{last_words} {
  if (options_.interrupts == signals::handled && !hooks_.is_deterministic)
    interrupts_.emplace();
  const auto cores = std::max<std::size_t>(1, std::thread::hardware_concurrency());
  const auto threads = options_.threads != 0 ? options_.threads : std::max<std::size_t>(4, cores);
  config_.set("scheduler.max-threads", threads);
  // Stealing, CAF's default, polls while idle and may take milliseconds to start a task.
  config_.set("scheduler.policy",
              hooks_.is_deterministic ? caf::atom("testing") : caf::atom("sharing"));
  if (!hooks_.make_unit)
    hooks_.make_unit = make_thread_unit;
  if (hooks_.is_deterministic) {
    hooks_.make_thread = nullptr;
  } else if (!hooks_.make_thread) {
    hooks_.make_thread = [](std::function<void()> run) { return std::thread{std::move(run)}; };
  }
  wake_main_ = ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  if (wake_main_ < 0)
    throw std::system_error(errno, std::generic_category(), "eventfd");
  actors_ = std::make_unique<caf::actor_system>(config_);
  watchdog_ = std::make_unique<watchdog>(hooks_.is_deterministic ? std::chrono::milliseconds{0}
                                                                 : options_.long_task,
                                         [this](const std::string& line) { warn(line); });
  wheel_ = std::make_unique<timers>(hooks_.clock, hooks_.is_deterministic ? timers::driver::test
                                                                          : timers::driver::thread);
  if (hooks_.drive_timers)
    hooks_.drive_timers(wheel_.get());
  main_unit_ = hooks_.make_unit(*actors_, [this] { wake_main(); });
  main_slot_ = std::make_shared<slot>(slot::main_tag{}, "main", clock().stamp());
  main_slot_->be_seen_by(*this);
  living_ = 1;
  // The unit is ours and outlives the actor, so the actor does not own it.
  const std::shared_ptr<unit> here{std::shared_ptr<void>{}, main_unit_.get()};
  main_slot_->set_runner(worker_actor::spawn(*this, main_slot_, here, main_worker));
  directory_.add_number(main_worker, *main_slot_);
}

worker_system::~worker_system() {
  stop();
  if (hooks_.drive_timers)
    hooks_.drive_timers(nullptr);
  watchdog_.reset();
  actors_.reset();
  main_unit_.reset();
  ::close(wake_main_);
}

birth worker_system::enrol(std::shared_ptr<slot> whose) {
  const auto number = next_number_.fetch_add(1, std::memory_order_relaxed);
  directory_.add_number(number, *whose);
  living_.fetch_add(1);
  return {number, clock().stamp(), this};
}

worker_number worker_system::sender_here() const noexcept {
  const incarnation* sender = incarnation::current();
  return sender != nullptr && &sender->system() == this ? sender->number() : 0;
}

call_result worker_system::call(std::string_view name, task&& what, std::source_location where) {
  return call_from(sender_here(), name, std::move(what), where);
}

call_result worker_system::call_from(worker_number sender, std::string_view name, task&& what,
                                     std::source_location where, const method* by) {
  const auto& to = directory_.entry_of(name, runs_on::pool);
  if (!what) {
    static_cast<void>(make(to));
    throw std::invalid_argument("the call to worker \"" + std::string{name} + "\" at " +
                                label_of(where) + " has an empty task; give it something to run");
  }
  return call_slot(to, sender, std::move(what), where, by);
}

call_result worker_system::call_slot(const std::shared_ptr<slot>& to, worker_number sender,
                                     task&& what, std::source_location where, const method* by) {
  entry one{.where = where, .run = std::move(what)};
  auto out = to->post(std::move(one), sender, *this, by);
  if (out.may_wait) {
    if (pool* const of = to->as_pool())
      return call_member(*of, std::nullopt, sender, std::move(one.run), where, by);
    out = wait_and_post(*to, [&] { return to->post(std::move(one), sender, *this, by); });
  }
  act(out, to);
  if (!was_taken(out.result))
    is_refused(to->name(), 0, where, out.result);
  return out.result;
}

call_result worker_system::make(const std::shared_ptr<slot>& to) {
  if (to->as_pool() != nullptr)
    return is_stopping() ? call_result::shutting_down : call_result::queued;
  const auto out = to->hire_as_before(*this);
  act(out, to);
  return out.result;
}

slot::outcome worker_system::wait_and_post(slot& to, const std::function<slot::outcome()>& post) {
  if (is_on_the_wheel()) {
    to.count_rejected();
    return {.result = call_result::mailbox_full};
  }
  held_wakes::release_here();
  const auto until = clock().now() + in_range(to.current_limit().patience);
  slot::outcome out;
  do {
    if (!hooks_.is_deterministic) {
      to.wait_for_room(until);
    } else if (!hooks_.pump || !hooks_.pump()) {
      break;
    }
    out = post();
  } while (out.may_wait && clock().now() < until);
  if (out.may_wait)
    to.count_rejected();
  return out;
}

call_result worker_system::call(worker_number number, task&& what, std::source_location where,
                                bool is_question) {
  if (!what) {
    throw std::invalid_argument("the call to worker number " + std::to_string(number) + " at " +
                                label_of(where) + " has an empty task; give it something to run");
  }
  const auto to = directory_.find(number);
  if (to == nullptr) {
    const auto why = is_stopping() ? call_result::shutting_down : call_result::no_such_worker;
    if (why == call_result::shutting_down)
      dropped_numbers_.fetch_add(1, std::memory_order_relaxed);
    is_refused({}, number, where, why);
    return why;
  }
  entry one{.is_of_one_life = is_question, .where = where, .run = std::move(what)};
  const auto sender = sender_here();
  auto out = to->post_to(number, std::move(one), sender);
  if (out.may_wait)
    out = wait_and_post(*to, [&] { return to->post_to(number, std::move(one), sender); });
  act(out, to);
  if (!was_taken(out.result))
    is_refused(to->name(), number, where, out.result);
  return out.result;
}

timer worker_system::start_timer(std::string_view name, timer_plan when, task&& what,
                                 std::source_location where) {
  directory::check_name(name);
  auto made = std::make_shared<ticker>(*this, std::nullopt, std::string{name}, when,
                                       std::move(what), where);
  made->start();
  return timer{std::move(made)};
}

bool worker_system::post_event(const std::shared_ptr<slot>& to, worker_number number,
                               entry&& what) {
  const auto out = to->post_to(number, std::move(what), 0);
  act(out, to);
  return out.result == call_result::queued;
}

void worker_system::refuse_pool(const slot& who, const char* attempted) {
  if (who.as_pool() == nullptr)
    return;
  throw failure{{make_error_code(errc::worker_kind_differs),
                 std::string{attempted} + " the worker \"" + who.name() + '"',
                 "it is a pool: name one of its members, or choose another name"}};
}

void worker_system::hire(std::string_view name, runs_on where) {
  const auto& to = directory_.entry_of(name, where);
  refuse_pool(*to, "hire");
  act(to->hire(where, *this), to);
}

void worker_system::kill(const std::shared_ptr<slot>& who, worker_number number) {
  if (who == nullptr)
    return;
  if (pool* const all = number == 0 ? who->as_pool() : nullptr) {
    all->reset();
    for (const auto& one : all->members())
      act(one->kill(0), one);
    return;
  }
  act(who->kill(number), who);
}

void worker_system::abort(std::string_view name) {
  const auto& who = directory_.find(name);
  if (who == nullptr)
    return;
  if (pool* const all = who->as_pool()) {
    for (const auto& one : all->members())
      act(one->abort(), one);
    return;
  }
  act(who->abort(), who);
}

void worker_system::act(slot::action next, const std::shared_ptr<slot>& who) {
  switch (next) {
  case slot::action::none: return;
  case slot::action::wake:
    if (const auto runs = who->current_runner())
      runs->wake();
    return;
  case slot::action::spawn: spawn(who); return;
  }
}

void worker_system::act(const slot::outcome& decided, const std::shared_ptr<slot>& who) {
  if (decided.next != slot::action::none)
    act(decided.next, who);
  if (decided.high_water != 0)
    warn_of_length(*who, decided.high_water);
}

void worker_system::warn_of_length(const slot& who, std::size_t waiting) noexcept {
  try {
    warn("worker \"" + who.name() + "\" has " + std::to_string(waiting) +
         " entries waiting: more is asked of it than it can do");
  } catch (const std::bad_alloc&) {
    warn_without_memory("a mailbox is longer than ever, and there was no memory to say whose");
  }
}

void worker_system::spawn(const std::shared_ptr<slot>& who) {
  const auto number = who->number();
  try {
    const auto runs =
        worker_actor::spawn(*this, who, place_for(who->kind(), number, who->name()), number);
    who->set_runner(runs);
    runs->wake();
  } catch (const std::exception& e) {
    {
      const std::scoped_lock guard{lock_};
      if (const auto found = threads_.find(number); found != threads_.end())
        found->second.thread->let_go();
    }
    auto mourners = who->take_farewell();
    mourners.end.why = why_ended::never_began;
    const auto dropped = who->stillborn();
    say_farewell(mourners, *who);
    directory_.remove_number(number);
    left_the_living();
    warn("worker \"" + who->name() + "\" could not begin (" + e.what() + "); " +
         std::to_string(dropped) + (dropped == 1 ? " task was dropped" : " tasks were dropped"));
    throw;
  }
}

void worker_system::incarnation_ended(const std::shared_ptr<slot>& who,
                                      worker_number number) noexcept {
  reap_threads();
  // Without memory to enter the next one, the process ends: there is no caller to tell.
  const auto mourners = who->take_farewell();
  const auto next = who->ended(*this);
  say_farewell(mourners, *who);
  try {
    act(next, who);
  } catch (const std::exception&) {
    // `spawn` has said so; there is no caller to tell.
  }
  directory_.remove_number(number);
  {
    const std::scoped_lock guard{lock_};
    if (const auto found = threads_.find(number); found != threads_.end())
      found->second.thread->let_go();
  }
  left_the_living();
}

void worker_system::left_the_living() noexcept {
  living_.fetch_sub(1);
  wake_main();
}

std::uint64_t worker_system::dropped_at_shutdown() const {
  std::uint64_t sum =
      main_slot_->dropped_at_shutdown() + dropped_numbers_.load(std::memory_order_relaxed);
  for (const auto& who : directory_.all())
    sum += who->dropped_at_shutdown();
  return sum;
}

void worker_system::set_watcher(std::shared_ptr<entry_watcher> who) {
  const std::scoped_lock guard{lock_};
  if (kept_watcher_ != nullptr)
    return;
  kept_watcher_ = std::move(who);
  watcher_.store(kept_watcher_.get(), std::memory_order_release);
}

void worker_system::set_error_handler(error_handler handler) {
  const std::scoped_lock guard{lock_};
  on_error_.swap(handler);
}

void worker_system::set_warning_handler(std::function<void(const std::string&)> handler) {
  if (!handler)
    handler = last_words;
  const std::scoped_lock guard{lock_};
  on_warning_.swap(handler);
}

void worker_system::report(const task_error& what) {
  error_handler handler;
  {
    const std::scoped_lock guard{lock_};
    handler = on_error_;
  }
  if (handler) {
    handler(what);
  } else {
    last_words("error in worker \"" + what.worker + "\", task given at " + what.label + ": " +
               what.what);
  }
}

void worker_system::warn(const std::string& what) noexcept {
  try {
    std::function<void(const std::string&)> handler;
    {
      const std::scoped_lock guard{lock_};
      handler = on_warning_;
    }
    handler(what);
  } catch (...) {
    last_words(what + " (and the handler that should hear of it threw)");
  }
}

void worker_system::warn_without_memory(const char* what) noexcept {
  for (const char* part : {"callsign: ", what, "\n"})
    [[maybe_unused]] const auto written = ::write(STDERR_FILENO, part, std::strlen(part));
}

void worker_system::add(shutdown_participant& who) {
  const std::scoped_lock guard{participants_lock_};
  if (is_stopping()) {
    throw failure{{make_error_code(errc::shutting_down), "add a network to the workers",
                   "make it before they end"}};
  }
  participants_.push_back(&who);
}

void worker_system::remove(shutdown_participant& who) {
  const std::scoped_lock guard{participants_lock_};
  std::erase(participants_, &who);
}

void worker_system::tell_participants(const std::function<void(shutdown_participant&)>& what) {
  const std::scoped_lock guard{participants_lock_};
  // A participant may remove itself when told.
  for (auto* who : std::vector{participants_}) {
    if (std::ranges::find(participants_, who) != participants_.end())
      what(*who);
  }
}

std::unique_ptr<worker_system> make_worker_system(workers_options options, system_hooks hooks) {
  return std::make_unique<worker_system>(options, std::move(hooks));
}

} // namespace callsign::detail
