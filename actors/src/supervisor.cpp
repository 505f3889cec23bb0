#include "actors/src/supervisor.hpp"

#include "actors/src/worker_system.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace callsign::detail {

namespace {

std::string in_milliseconds(std::chrono::nanoseconds time) {
  return std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(time).count()) +
         " ms";
}

} // namespace

/// @context any thread; those that are awaited: under the lock of the supervisor
class supervisor::pause final : public deadline, public std::enable_shared_from_this<pause> {
public:
  pause(worker_system& system, std::chrono::nanoseconds length)
      : waker{system.next_waker()}, system_{system}, length_{length} {}

  void begin() { system_.wheel().arm(shared_from_this(), system_.wheel().now() + length_); }
  void due() noexcept override {
    for (const auto& who : sleepers)
      system_.wake_up(who, waker);
  }

  const std::uint64_t waker;
  std::vector<std::shared_ptr<slot>> sleepers; ///< in the order in which they begin
  std::vector<const slot*> awaited;            ///< who has yet to end

private:
  worker_system& system_;
  const std::chrono::nanoseconds length_;
};

supervisor::supervisor(worker_system& system, plan how, std::vector<std::weak_ptr<slot>> members)
    : system_{system}, plan_{std::move(how)}, members_{std::move(members)} {}

void supervisor::failed(const std::shared_ptr<slot>& who, worker_number number,
                        const std::string& what) {
  // Who is killed already is nobody's matter any more, and at the end nobody begins anew.
  if (system_.is_stopping() || who->number() != number ||
      who->current_phase() != slot::phase::alive)
    return;
  switch (plan_.on_failure) {
  case failure_rule::keep: return;
  case failure_rule::restart: return restart(who, number, what);
  case failure_rule::escalate: return escalate(who, number, what);
  case failure_rule::stop:
    system_.warn(in_words(*who, what) + " and is stopped");
    return end({who}, *who, what);
  }
}

void supervisor::restart(const std::shared_ptr<slot>& who, worker_number number,
                         const std::string& what) {
  std::vector<std::pair<slot::action, std::shared_ptr<slot>>> actions;
  std::string line;
  {
    const std::scoped_lock guard{lock_};
    const auto now = system_.clock().now();
    while (!failures_.empty() && now - failures_.front() >= plan_.within)
      failures_.pop_front();
    failures_.push_back(now);
    if (failures_.size() <= plan_.most) {
      const auto length = next_pause();
      const auto rests = std::make_shared<pause>(system_, length);
      rests->sleepers = chosen(who);
      for (auto one = rests->sleepers.rbegin(); one != rests->sleepers.rend(); ++one) {
        const bool is_cause = *one == who;
        auto out = (*one)->withdraw({.number = is_cause ? number : 0,
                                     .why = is_cause ? why_ended::failed : why_ended::with_others,
                                     .what = is_cause ? what : std::string{},
                                     .waker = rests->waker,
                                     .by = shared_from_this()});
        if (out.when == slot::rests::after_its_end)
          rests->awaited.push_back(one->get());
        actions.emplace_back(out.next, *one);
      }
      pauses_.push_back(rests);
      line = in_words(*who, what) + ": restart " + std::to_string(failures_.size()) + " of " +
             std::to_string(plan_.most) + " within " + in_milliseconds(plan_.within) + ", in " +
             in_milliseconds(length);
    } else {
      failures_.pop_front();
    }
  }
  if (line.empty())
    return give_up(who, number, what);
  for (const auto& [next, whose] : actions)
    system_.act(next, whose);
  system_.warn(line);
}

void supervisor::escalate(const std::shared_ptr<slot>& who, worker_number number,
                          const std::string& what) {
  const auto group = plan_.is_group ? nullptr : who->supervisors().second;
  if (group != nullptr)
    return group->failed(who, number, what);
  system_.warn(in_words(*who, what) + ", and nobody is above: the whole set ends");
  end(plan_.is_group ? members() : std::vector{who}, *who, what);
  system_.interrupt();
}

void supervisor::give_up(const std::shared_ptr<slot>& who, worker_number number,
                         const std::string& what) {
  system_.warn(in_words(*who, what) + ", and " + plan_.who + " has been restarted " +
               std::to_string(plan_.most) + " times within " + in_milliseconds(plan_.within) +
               " already: it is given up");
  if (plan_.giving_up == failure_rule::escalate)
    escalate(who, number, what);
  else
    end(plan_.is_group ? members() : std::vector{who}, *who, what);
}

void supervisor::end(const std::vector<std::shared_ptr<slot>>& whom, const slot& because,
                     const std::string& what) {
  for (auto one = whom.rbegin(); one != whom.rend(); ++one) {
    const bool is_cause = one->get() == &because;
    system_.act((*one)->kill(0, is_cause ? why_ended::failed : why_ended::with_others,
                             is_cause ? what : std::string{}),
                *one);
  }
}

void supervisor::has_ended(const slot& who) {
  std::vector<std::shared_ptr<pause>> begin;
  {
    const std::scoped_lock guard{lock_};
    std::erase_if(pauses_, [&](const std::shared_ptr<pause>& one) {
      std::erase(one->awaited, &who);
      if (one->awaited.empty())
        begin.push_back(one);
      return one->awaited.empty();
    });
  }
  for (const auto& one : begin)
    one->begin();
}

std::vector<std::shared_ptr<slot>> supervisor::members() const {
  std::vector<std::shared_ptr<slot>> all;
  for (const auto& one : members_) {
    const auto who = one.lock();
    // Another group may have it by now.
    if (who != nullptr && (!plan_.is_group || who->supervisors().second.get() == this))
      all.push_back(who);
  }
  return all;
}

std::vector<std::shared_ptr<slot>> supervisor::chosen(const std::shared_ptr<slot>& who) const {
  if (!plan_.is_group || plan_.which == restarts::one_for_one)
    return {who};
  auto all = members();
  if (plan_.which == restarts::rest_for_one)
    all.erase(all.begin(), std::ranges::find(all, who));
  return all;
}

std::chrono::nanoseconds supervisor::next_pause() const {
  const auto& how = plan_.pause;
  const auto in_a_row = static_cast<double>(failures_.size() - 1);
  const auto longest = static_cast<double>(how.longest.count());
  const auto length =
      std::min(static_cast<double>(how.first.count()) * std::pow(how.growth, in_a_row), longest);
  const auto jittered = length * (1 + how.jitter * (2 * system_.chance() - 1));
  return std::chrono::nanoseconds{std::llround(jittered)};
}

std::string supervisor::in_words(const slot& who, const std::string& what) const {
  return "worker \"" + who.name() + '"' + (plan_.is_group ? " of " + plan_.who : std::string{}) +
         " failed (" + what + ')';
}

} // namespace callsign::detail
