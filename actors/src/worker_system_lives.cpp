// Hiring with habits, supervision, and farewells.

#include "actors/src/held_wakes.hpp"
#include "actors/src/long_time.hpp"
#include "actors/src/supervisor.hpp"
#include "actors/src/watch.hpp"
#include "actors/src/worker_system.hpp"

#include <callsign/guarded.hpp>
#include <callsign/one_shot_signal.hpp>

#include <algorithm>
#include <stdexcept>
#include <tuple>

namespace callsign::detail {

namespace {

/// What both kinds of supervision have, or an exception.
template <class Options>
supervisor::plan plan_of(std::string who, const Options& how) {
  const auto refuse = [&](const char* what) {
    throw std::invalid_argument("the supervision of " + who + ' ' + what);
  };
  constexpr std::chrono::nanoseconds no_time{0};
  if (how.within <= no_time)
    refuse("counts failures within no time");
  if (how.pause.first < no_time || how.pause.longest < how.pause.first)
    refuse("rests for less than no time, or at most for less than at first");
  if (!(how.pause.growth >= 1))
    refuse("has pauses that shrink");
  if (!(how.pause.jitter >= 0 && how.pause.jitter <= 1))
    refuse("has a jitter that is not between 0 and 1");
  if (how.giving_up != failure_rule::stop && how.giving_up != failure_rule::escalate)
    refuse("can give up by `stop` or by `escalate` only");
  supervisor::plan made{.who = std::move(who), .pause = how.pause};
  made.pause.first = in_range(made.pause.first);
  made.pause.longest = in_range(made.pause.longest);
  made.most = how.most;
  made.within = how.within;
  made.giving_up = how.giving_up;
  return made;
}

/// A thread that waits for an end.
struct end_to_come final : watcher {
  void tell(const worker_end& what) override {
    end.set(what);
    has_come.trigger();
  }
  const one_shot_signal has_come{"the end of a worker"};
  const guarded<std::optional<worker_end>> end;
};

} // namespace

void worker_system::hire(std::string_view name, const hire_options& how,
                         std::source_location where) {
  if (how.idle_after < std::chrono::nanoseconds{0})
    throw std::invalid_argument("the idle time of worker \"" + std::string{name} +
                                "\" is below zero");
  const auto& to = directory_.entry_of(name, how.where);
  refuse_pool(*to, "hire");
  act(to->hire(how, where, *this), to);
}

void worker_system::supervise(std::string_view name, const supervision& how) {
  auto plan = plan_of("worker \"" + std::string{name} + '"', how);
  plan.on_failure = how.on_failure;
  const auto& who = directory_.entry_of(name, runs_on::pool);
  refuse_pool(*who, "supervise");
  who->supervise(how.on_failure == failure_rule::keep
                     ? nullptr
                     : std::make_shared<supervisor>(*this, std::move(plan),
                                                    std::vector<std::weak_ptr<slot>>{who}));
}

void worker_system::supervise_group(std::string_view group, const std::vector<std::string>& members,
                                    const group_supervision& how) {
  auto plan = plan_of("group \"" + std::string{group} + '"', how);
  plan.is_group = true;
  plan.which = how.which;
  std::vector<std::shared_ptr<slot>> all;
  for (const auto& name : members) {
    const auto& who = directory_.entry_of(name, runs_on::pool);
    refuse_pool(*who, "supervise");
    if (std::ranges::find(all, who) != all.end())
      throw std::invalid_argument(plan.who + " has \"" + name + "\" twice");
    all.push_back(who);
  }
  if (all.empty())
    throw std::invalid_argument(plan.who + " has no members");
  const auto made = std::make_shared<supervisor>(
      *this, std::move(plan), std::vector<std::weak_ptr<slot>>{all.begin(), all.end()});
  for (const auto& who : all)
    who->supervise_group(made);
}

void worker_system::say_farewell(const slot::farewell& to, const slot& whose) {
  for (const auto& one : to.watchers)
    one->tell(to.end);
  for (const auto& by : to.supervisors)
    by->has_ended(whose);
}

std::optional<worker_end> worker_system::await_end(std::string_view name,
                                                   std::chrono::nanoseconds within) {
  if (const auto* here = incarnation::current();
      here != nullptr && &here->system() == this &&
      (here->where().is_main() || here->where().kind() != runs_on::own_thread)) {
    throw failure{{make_error_code(errc::would_block),
                   "wait for the end of worker \"" + std::string{name} + '"',
                   "watch it instead: self.watch(name, then)"}};
  }
  const auto waits = std::make_shared<end_to_come>();
  const auto& whom = directory_.find(name);
  if (const auto* here = incarnation::current(); here != nullptr && &here->where() == whom.get()) {
    throw failure{{make_error_code(errc::would_wait_for_itself),
                   "wait for the end of worker \"" + std::string{name} + '"',
                   "let another worker wait for it, or watch it"}};
  }
  if (whom == nullptr || !whom->add_watcher(waits, 0))
    return worker_end{std::string{name}};
  held_wakes::release_here();
  if (hooks_.is_deterministic && incarnation::current() == nullptr) {
    const auto until = clock().now() + in_range(within);
    while (!waits->has_come.is_signaled() && clock().now() < until && hooks_.pump &&
           hooks_.pump()) {
    }
  } else {
    std::ignore = waits->has_come.wait(within);
  }
  whom->remove_watcher(*waits);
  return waits->end.copy();
}

void worker_system::wake_up(const std::shared_ptr<slot>& who, std::uint64_t waker) noexcept {
  try {
    act(who->wake_up(waker, *this), who);
  } catch (const std::exception&) {
    // No thread could be started; `spawn` has said so.
  }
}

std::uint64_t worker_system::draw_from(std::uint64_t seed) {
  const std::scoped_lock guard{lock_};
  if (seed == 0)
    seed = std::max<std::uint64_t>(1, dice_());
  dice_.seed(seed);
  return seed;
}

double worker_system::chance() {
  const std::scoped_lock guard{lock_};
  return std::uniform_real_distribution<double>{0, 1}(dice_);
}

} // namespace callsign::detail
