#include "actors/src/worker_system.hpp"

#include "actors/src/callback_mark.hpp"
#include "actors/src/last_words.hpp"

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

/// Wakes an actor, and keeps its unit alive while it does.
class actor_runner final : public runner {
public:
  actor_runner(caf::actor who, std::shared_ptr<unit> where)
      : where_{std::move(where)}, who_{std::move(who)} {}
  void wake() noexcept override { tell(who_, drain_mail::value); }

private:
  std::shared_ptr<unit> where_;
  caf::actor who_;
};

std::unique_ptr<unit> make_thread_unit(caf::actor_system& system, std::function<void()> wake) {
  return std::make_unique<thread_unit>(system, std::move(wake));
}

/// More than that, up to "for ever", would overflow when it is added to the time.
workers_options in_range(workers_options options) noexcept {
  constexpr std::chrono::milliseconds longest = std::chrono::hours{24 * 365};
  options.long_task = std::min(options.long_task, longest);
  options.stop_deadline = std::min(options.stop_deadline, longest);
  return options;
}

} // namespace

worker_system::worker_system(workers_options options, system_hooks hooks)
    : options_{in_range(options)}, hooks_{std::move(hooks)}, on_warning_{last_words} {
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
  main_unit_ = hooks_.make_unit(*actors_, [this] { wake_main(); });
  main_slot_ = std::make_shared<slot>(slot::main_tag{}, "main", clock().stamp());
  living_ = 1;
  const auto main_actor = spawn_placed<worker_actor>(*actors_, main_unit_.get(), *this, main_slot_,
                                                     main_worker, hooks_.limits);
  main_slot_->set_runner(std::make_shared<actor_runner>(main_actor, nullptr));
  directory_.add_number(main_worker, main_slot_);
}

worker_system::~worker_system() {
  stop();
  watchdog_.reset();
  actors_.reset();
  main_unit_.reset();
  ::close(wake_main_);
}

birth worker_system::enrol(std::shared_ptr<slot> whose) {
  const auto number = next_number_.fetch_add(1, std::memory_order_relaxed);
  directory_.add_number(number, std::move(whose));
  living_.fetch_add(1);
  return {number, clock().stamp()};
}

worker_number worker_system::sender_here() const noexcept {
  const incarnation* sender = incarnation::current();
  return sender != nullptr && &sender->system() == this ? sender->number() : 0;
}

call_result worker_system::call(std::string_view name, task&& what, std::source_location where) {
  return call_from(sender_here(), name, std::move(what), where);
}

call_result worker_system::call_from(worker_number sender, std::string_view name, task&& what,
                                     std::source_location where) {
  const auto to = directory_.entry_of(name, runs_on::pool);
  if (!what) {
    act(to->hire_as_before(*this).next, to);
    throw std::invalid_argument("the call to worker \"" + std::string{name} + "\" at " +
                                label_of(where) + " has an empty task; give it something to run");
  }
  const auto [result, next] =
      to->post(entry{.where = where, .run = std::move(what)}, sender, *this);
  act(next, to);
  return result;
}

call_result worker_system::call(worker_number number, task&& what, std::source_location where) {
  if (!what) {
    throw std::invalid_argument("the call to worker number " + std::to_string(number) + " at " +
                                label_of(where) + " has an empty task; give it something to run");
  }
  const auto to = directory_.find(number);
  if (to == nullptr && !is_stopping())
    return call_result::no_such_worker;
  if (to == nullptr) {
    dropped_numbers_.fetch_add(1, std::memory_order_relaxed);
    return call_result::shutting_down;
  }
  const auto [result, next] =
      to->post_to(number, entry{.where = where, .run = std::move(what)}, sender_here());
  act(next, to);
  return result;
}

bool worker_system::post_event(const std::shared_ptr<slot>& to, worker_number number,
                               entry&& what) {
  const auto [result, next] = to->post_to(number, std::move(what), 0);
  act(next, to);
  return result == call_result::queued;
}

void worker_system::hire(std::string_view name, runs_on where) {
  const auto to = directory_.entry_of(name, where);
  act(to->hire(where, *this).next, to);
}

void worker_system::kill(const std::shared_ptr<slot>& who, worker_number number) {
  if (who != nullptr)
    act(who->kill(number), who);
}

void worker_system::abort(std::string_view name) {
  if (const auto who = directory_.find(name))
    act(who->abort(), who);
}

void worker_system::act(slot::action next, const std::shared_ptr<slot>& who) {
  switch (next) {
  case slot::action::none: break;
  case slot::action::wake:
    if (const auto runs = who->current_runner())
      runs->wake();
    break;
  case slot::action::spawn: spawn(who); break;
  }
  watch_length_of(*who);
}

void worker_system::watch_length_of(slot& who) noexcept {
  const auto waiting = who.take_high_water();
  if (waiting == 0)
    return;
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
    std::shared_ptr<unit> where;
    if (who->kind() == runs_on::own_thread) {
      reap_threads();
      auto thread = std::make_unique<own_thread>(*actors_, hooks_.make_unit, hooks_.make_thread);
      where = thread->where();
      const std::scoped_lock guard{lock_};
      threads_.emplace(number, thread_of_worker{who->name(), std::move(thread)});
    }
    auto actor =
        spawn_placed<worker_actor>(*actors_, where.get(), *this, who, number, hooks_.limits);
    const auto runs = std::make_shared<actor_runner>(std::move(actor), std::move(where));
    who->set_runner(runs);
    runs->wake();
  } catch (const std::exception& e) {
    {
      const std::scoped_lock guard{lock_};
      if (const auto found = threads_.find(number); found != threads_.end())
        found->second.thread->let_go();
    }
    const auto dropped = who->stillborn();
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
  const auto next = who->ended(*this);
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

void worker_system::reap_threads() {
  std::vector<std::unique_ptr<own_thread>> gone;
  {
    const std::scoped_lock guard{lock_};
    for (auto it = threads_.begin(); it != threads_.end();) {
      const bool goes = it->second.thread->is_gone();
      if (goes)
        gone.push_back(std::move(it->second.thread));
      it = goes ? threads_.erase(it) : std::next(it);
    }
  }
  // Their destructors join, outside the lock.
}

void worker_system::end_threads(std::chrono::steady_clock::time_point deadline) {
  std::map<worker_number, thread_of_worker> all;
  {
    const std::scoped_lock guard{lock_};
    all.swap(threads_);
  }
  // Its worker has ended, but what its tasks left in `thread_local`s may still be at work.
  for (const auto& [number, one] : all) {
    one.thread->let_go();
    if (!one.thread->is_gone_by(deadline))
      give_up("the thread of worker \"" + one.name + '"');
  }
}

std::uint64_t worker_system::dropped_at_shutdown() const {
  std::uint64_t sum =
      main_slot_->dropped_at_shutdown() + dropped_numbers_.load(std::memory_order_relaxed);
  for (const auto& who : directory_.all())
    sum += who->dropped_at_shutdown();
  return sum;
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

void worker_system::wake_main() noexcept {
  const std::uint64_t one = 1;
  // A full counter wakes as well.
  [[maybe_unused]] const auto written = ::write(wake_main_, &one, sizeof one);
}

bool worker_system::pump_main_until(const std::function<bool()>& done,
                                    std::chrono::steady_clock::time_point deadline) {
  const auto mine = main_pump_.enter(deadline);
  if (!mine)
    return done();
  if (hooks_.is_deterministic) {
    while (!done()) {
      if (!hooks_.pump || !hooks_.pump())
        return done();
    }
    return true;
  }
  auto* here = dynamic_cast<thread_unit*>(main_unit_.get());
  for (;;) {
    // Not until it is idle: a main worker that always has something to do must not miss an
    // interrupt.
    const bool more_is_ready = here != nullptr && here->run_ready();
    if (done())
      return true;
    if (std::chrono::steady_clock::now() >= deadline)
      return false;
    wait_for_main(more_is_ready, deadline);
  }
}

void worker_system::wait_for_main(bool more_is_ready,
                                  std::chrono::steady_clock::time_point deadline) {
  const auto left =
      std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now())
          .count();
  const int limit = more_is_ready ? 0 : static_cast<int>(std::clamp<long long>(left, 0, 60'000));
  const bool hears_interrupts = interrupts_ && !is_stopping();
  pollfd watched[] = {{wake_main_, POLLIN, 0},
                      {hears_interrupts ? interrupts_->descriptor() : -1, POLLIN, 0}};
  ::poll(watched, 2, limit);
  std::uint64_t count = 0;
  [[maybe_unused]] const auto seen = ::read(wake_main_, &count, sizeof count);
  if ((watched[1].revents & POLLIN) != 0 && interrupts_->read())
    interrupted_ = true;
}

void worker_system::wait_for_interrupt() {
  if (sender_here() != 0)
    throw std::logic_error("wait_for_interrupt was called inside a worker");
  if (callback_mark::is_here(*this))
    throw std::logic_error("wait_for_interrupt was called inside a callback of a connection");
  constexpr auto long_time = std::chrono::hours{24 * 365};
  while (!pump_main_until([this] { return interrupted_.load(); },
                          std::chrono::steady_clock::now() + long_time)) {
    if (hooks_.is_deterministic)
      throw std::logic_error("nothing is left to run that could bring the interrupt");
  }
  if (interrupts_)
    interrupts_->let_the_next_end_the_process();
  stop();
}

void worker_system::interrupt() {
  interrupted_ = true;
  wake_main();
}

void worker_system::stop() {
  if (sender_here() != 0) {
    throw std::logic_error(
        "stop was called inside a worker, which it would wait for; call interrupt instead");
  }
  if (callback_mark::is_here(*this)) {
    throw std::logic_error("stop was called inside a callback of a connection, which it would wait "
                           "for; call interrupt instead");
  }
  interrupt();
  const std::scoped_lock guard{stop_lock_};
  if (std::exchange(stopped_, true))
    return;
  const auto deadline = std::chrono::steady_clock::now() + options_.stop_deadline;
  {
    const std::scoped_lock inner{participants_lock_};
    stopping_.store(true, std::memory_order_release);
  }
  tell_participants([](shutdown_participant& who) { who.stop_listening(); });
  auto everyone = directory_.shut();
  everyone.push_back(main_slot_);
  for (const auto& who : everyone) {
    who->shut();
    kill(who, 0);
  }
  if (!pump_main_until([this] { return living_.load() <= 0; }, deadline))
    give_up(names_of_the_living());
  tell_participants([&](shutdown_participant& who) {
    if (!who.stop_network(deadline))
      give_up("the network's threads");
  });
  end_threads(deadline);
}

std::string worker_system::names_of_the_living() {
  std::string names;
  auto everyone = directory_.all();
  everyone.push_back(main_slot_);
  for (const auto& who : everyone) {
    const auto info = who->info();
    if (!info)
      continue;
    names += (names.empty() ? "worker \"" : ", worker \"") + info->name + '"';
    if (!info->running.empty())
      names += " (in the task given at " + info->running + ")";
  }
  return names;
}

void worker_system::give_up(const std::string& who) {
  const std::string limit =
      hooks_.is_deterministic ? "although nothing is left to run"
                              : "within " + std::to_string(options_.stop_deadline.count()) + " ms";
  last_words("callsign: " + who + " did not end " + limit + "; the process ends with 1");
  // What the program has written is worth a moment, but whoever is stuck may hold the lock of a
  // stream.
  try {
    std::thread{[] {
      std::fflush(nullptr);
      std::_Exit(1);
    }}.detach();
  } catch (...) {
    std::_Exit(1);
  }
  std::this_thread::sleep_for(std::chrono::milliseconds{500});
  std::_Exit(1);
}

std::unique_ptr<worker_system> make_worker_system(workers_options options, system_hooks hooks) {
  return std::make_unique<worker_system>(options, std::move(hooks));
}

} // namespace callsign::detail
