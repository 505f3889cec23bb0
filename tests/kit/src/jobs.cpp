#include "tests/kit/src/jobs.hpp"

#include "actors/src/light_actor.hpp"
#include "actors/src/worker_system.hpp"

namespace callsign::testkit {

mail mail_of(detail::entry_kind kind) {
  switch (kind) {
  case detail::entry_kind::task: return mail::task;
  case detail::entry_kind::requested: return mail::requested;
  case detail::entry_kind::opened: return mail::opened;
  case detail::entry_kind::received: return mail::received;
  case detail::entry_kind::closed: return mail::closed;
  case detail::entry_kind::timer: return mail::timer;
  case detail::entry_kind::reply: return mail::reply;
  case detail::entry_kind::started: return mail::started;
  case detail::entry_kind::down: return mail::down;
  }
  return mail::task;
}

std::optional<mail> next_step_of(const detail::worker_actor& who) {
  const auto next = who.next_step();
  if (next.is_end)
    return mail::end;
  if (!next.entry)
    return std::nullopt;
  return mail_of(next.entry->kind);
}

std::string describe_job(caf::resumable* job) {
  if (const auto* who = dynamic_cast<const detail::worker_actor*>(job)) {
    std::string line = "worker \"" + who->whose().name() + "\": ";
    const auto next = who->next_step();
    if (next.is_end)
      return line + "end";
    if (!next.entry)
      return line + "nothing";
    return line + to_string(next.entry->kind) + " given at " + detail::label_of(next.entry->where);
  }
  if (const auto* who = dynamic_cast<const detail::light_actor*>(job))
    return "actor " + std::string{who->name()} + ": mail";
  if (auto* who = dynamic_cast<caf::scheduled_actor*>(job)) {
    const std::string line = "actor " + std::string{who->name()};
    const auto* next = who->peek_at_next_mailbox_element();
    // What ours are told is not made to be printed.
    if (std::string_view{who->name()}.starts_with("callsign.") || next == nullptr)
      return line + ": mail";
    return line + ' ' + std::to_string(who->id()) + ": " + caf::deep_to_string(next->content());
  }
  return "something that is no actor";
}

std::string name_of(const worker_names& names, std::uint32_t number) {
  const auto found = names.find(number);
  return found != names.end() ? found->second
         : number == 0        ? std::string{}
                              : "number " + std::to_string(number);
}

std::string key_of(caf::resumable* job) {
  if (const auto* who = dynamic_cast<const detail::worker_actor*>(job))
    return "worker " + who->whose().name();
  if (const auto* who = dynamic_cast<const caf::monitorable_actor*>(job))
    return std::string{who->name()} + ' ' + std::to_string(who->id());
  return "something that is no actor";
}

step_view view_of(caf::resumable* job, const worker_names& names) {
  const auto* who = dynamic_cast<const detail::worker_actor*>(job);
  if (who == nullptr) {
    auto lane = key_of(job);
    auto words = describe_job(job);
    constexpr std::string_view ours = "callsign.";
    if (lane.starts_with(ours)) {
      lane.erase(0, ours.size());
      words = "has mail";
    }
    return {key_of(job), std::move(lane), {}, std::move(words)};
  }
  step_view view{key_of(job), who->whose().name(), {}, {}};
  const auto next = who->next_step();
  if (next.is_end) {
    view.words = "notices its end";
  } else if (!next.entry) {
    view.words = "has nothing to do";
  } else {
    view.from = name_of(names, next.entry->sender);
    view.words = std::string{to_string(mail_of(next.entry->kind))} + " given at " +
                 detail::label_of(next.entry->where);
  }
  return view;
}

std::size_t load_of(caf::resumable* job) {
  if (const auto* who = dynamic_cast<const detail::worker_actor*>(job)) {
    const auto info = who->whose().info();
    return 2 * (info ? info->waiting : 0) + (who->next_step().is_end ? 1 : 0);
  }
  if (auto* who = dynamic_cast<detail::light_actor*>(job))
    return who->waiting_count();
  auto* who = dynamic_cast<caf::scheduled_actor*>(job);
  if (who == nullptr)
    return 0;
  // The actor itself brings what has arrived into its queue, and does so only while its mailbox is
  // open. To do it here, as `mailbox().size()` does, puts a copy of CAF's `lifo_append` into our
  // program; it casts the list's end to a message, and a sanitizer stops at that.
  static_cast<void>(who->peek_at_next_mailbox_element());
  return who->mailbox().queue().total_task_size();
}

footprint touches_of(caf::resumable* job, reach tasks) {
  footprint touched;
  touched.add(key_of(job));
  if (tasks == reach::anything)
    return touched;
  if (const auto* who = dynamic_cast<const detail::worker_actor*>(job)) {
    // Its end frees a name, and tells the world.
    touched.is_everything = next_step_of(*who) != mail::task;
  } else if (const auto* other = dynamic_cast<const caf::monitorable_actor*>(job)) {
    // Ours share control blocks and the budget.
    touched.is_everything = std::string_view{other->name()}.starts_with("callsign.");
  }
  return touched;
}

} // namespace callsign::testkit
