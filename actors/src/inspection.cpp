// What can be seen of a set of workers while it runs: dead letters, traces, descriptions.

#include "actors/src/incarnation.hpp"
#include "actors/src/last_words.hpp"
#include "actors/src/on_the_wheel.hpp"
#include "actors/src/worker_system.hpp"

#include <callsign/workers.hpp>

#include <new>

namespace callsign {

namespace detail {

void worker_system::is_dead(const slot& whose, const entry& what, drop_reason why) noexcept {
  count_dead(why);
  if (hears_of_dead_.load(std::memory_order_relaxed))
    tell_of_dead(whose.name(), whose.number(), to_string(what.kind), what.where, what.sender, why);
}

void worker_system::is_refused(std::string_view name, worker_number number,
                               const std::source_location& where, call_result result) noexcept {
  drop_reason why{};
  switch (result) {
  case call_result::no_such_worker: why = drop_reason::no_such_worker; break;
  case call_result::killed_itself: why = drop_reason::after_own_kill; break;
  case call_result::shutting_down: why = drop_reason::shutting_down; break;
  case call_result::dropped: why = drop_reason::overflow; break;
  case call_result::mailbox_full:
    // Its caller decides what becomes of it, if there still is one.
    if (!is_on_the_wheel())
      return;
    why = drop_reason::overflow;
    break;
  case call_result::queued:
  case call_result::created:
  case call_result::no_startup_method: return;
  }
  count_dead(why);
  if (hears_of_dead_.load(std::memory_order_relaxed))
    tell_of_dead(name, number, "task", where, sender_here(), why);
}

void worker_system::count_dead(drop_reason why) noexcept {
  dead_[static_cast<std::size_t>(why)].fetch_add(1, std::memory_order_relaxed);
}

std::uint64_t worker_system::dead_letters() const noexcept {
  std::uint64_t sum = 0;
  for (const auto& one : dead_)
    sum += one.load(std::memory_order_relaxed);
  return sum;
}

std::uint64_t worker_system::dead_letters(drop_reason why) const noexcept {
  return dead_[static_cast<std::size_t>(why)].load(std::memory_order_relaxed);
}

void worker_system::tell_of_dead(std::string_view name, worker_number number, const char* kind,
                                 const std::source_location& where, worker_number sender,
                                 drop_reason why) noexcept {
  try {
    dead_letter_handler handler;
    {
      const std::scoped_lock guard{lock_};
      handler = on_dead_letter_;
    }
    if (handler)
      handler({std::string{name}, number, kind, label_of(where), sender, why});
  } catch (const std::bad_alloc&) {
    warn_without_memory("there was no memory to tell of a dead letter");
  } catch (...) {
    warn("the handler of dead letters threw");
  }
}

void worker_system::set_dead_letter_handler(dead_letter_handler handler) {
  const std::scoped_lock guard{lock_};
  on_dead_letter_.swap(handler);
  hears_of_dead_.store(static_cast<bool>(on_dead_letter_), std::memory_order_relaxed);
}

void worker_system::has_run(const trace_line& what) noexcept {
  try {
    trace_handler handler;
    {
      const std::scoped_lock guard{lock_};
      handler = on_trace_;
    }
    if (handler) {
      handler(what);
    } else {
      last_words(what.in_words());
    }
  } catch (const std::bad_alloc&) {
    warn_without_memory("there was no memory to tell of a traced task");
  } catch (...) {
    warn("the handler of traces threw");
  }
}

void worker_system::set_trace_handler(trace_handler handler) {
  const std::scoped_lock guard{lock_};
  on_trace_.swap(handler);
}

void worker_system::trace(std::string_view name, tracing to) {
  witness* const by = to == tracing::on ? this : nullptr;
  const auto& who = directory_.entry_of(name, runs_on::pool);
  if (const pool* const all = who->as_pool()) {
    for (const auto& one : all->members())
      one->trace(by);
    return;
  }
  who->trace(by);
}

void worker_system::trace(worker_number number, tracing to) {
  if (const auto who = directory_.find(number))
    who->trace(to == tracing::on ? this : nullptr);
}

} // namespace detail

void workers::on_dead_letter(dead_letter_handler handler) {
  system_->set_dead_letter_handler(std::move(handler));
}

std::uint64_t workers::dead_letters() const { return system_->dead_letters(); }

std::uint64_t workers::dead_letters(drop_reason why) const { return system_->dead_letters(why); }

void workers::on_trace(trace_handler handler) { system_->set_trace_handler(std::move(handler)); }

void workers::trace(std::string_view name, tracing to) { system_->trace(name, to); }

void workers::trace(worker_number number, tracing to) { system_->trace(number, to); }

void workers::measure_processor_time(measuring to) { system_->measure(to); }

std::string workers::description_of(worker& self) { return self.incarnation().description(); }

void worker::describe_by(std::function<std::string(worker&)> description) {
  self_.describe_by(std::move(description));
}

} // namespace callsign
