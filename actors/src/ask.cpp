#include <callsign/ask.hpp>

#include "actors/src/current_exception.hpp"
#include "actors/src/held_wakes.hpp"
#include "actors/src/incarnation.hpp"
#include "actors/src/long_time.hpp"
#include "actors/src/timers.hpp"
#include "actors/src/worker_system.hpp"

#include <stdexcept>

namespace callsign::detail {

namespace {

std::int64_t in_milliseconds(std::chrono::nanoseconds time) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(time).count();
}

} // namespace

/// What the asked worker holds must not keep the wheel waiting, and the other way round.
class ask_core::limit final : public deadline {
public:
  explicit limit(std::weak_ptr<ask_core> of) : of_{std::move(of)} {}
  void due() noexcept override {
    if (const auto asked = of_.lock())
      asked->expire();
  }
  void abandoned() noexcept override {
    if (const auto asked = of_.lock())
      asked->abandon();
  }

private:
  std::weak_ptr<ask_core> of_;
};

struct ask_core::asking {
  worker_system& system;
  std::string whom; ///< `worker "bob"` or `worker number 7`
  std::source_location where;
  std::chrono::steady_clock::time_point since;
  std::atomic<std::int64_t> began{0}; ///< nanoseconds after `since`, once it runs
  std::optional<port> asker;
  std::shared_ptr<limit> until;
};

ask_core::ask_core() = default;

ask_core::~ask_core() = default;

void ask_core::start(worker_system& system, address whom, task question, ask_options how,
                     incarnation* asker, std::source_location where) {
  const std::string who = whom.name.empty() ? "worker number " + std::to_string(whom.number)
                                            : "worker \"" + std::string{whom.name} + '"';
  if (how.within <= std::chrono::nanoseconds{0}) {
    throw std::invalid_argument("the ask to " + who + " at " + label_of(where) +
                                " gives no time for the answer");
  }
  about_.reset(new asking{system, who, where, system.clock().now(), 0, std::nullopt, nullptr});
  if (asker != nullptr)
    about_->asker.emplace(asker->port_of_this());
  if (const auto* here = incarnation::current();
      asker == nullptr && here != nullptr && &here->system() == &system) {
    const bool is_itself = whom.name.empty() ? whom.number == here->number()
                                             : system.is_found_under(whom.name, here->where());
    if (is_itself) {
      throw failure{{make_error_code(errc::would_wait_for_itself), attempted(),
                     "give a continuation: self.ask(name, question, then)"}};
    }
    if (here->where().kind() != runs_on::own_thread) {
      throw failure{{make_error_code(errc::would_block), attempted(),
                     "give a continuation: self.ask(name, question, then); or hire the worker for "
                     "a thread of its own"}};
    }
  }
  about_->until = std::make_shared<limit>(weak_from_this());
  system.wheel().arm(about_->until, about_->since + in_range(how.within));
  if (asker != nullptr)
    asker->ask_began();
  try {
    refused(whom.name.empty()
                ? system.call(whom.number, std::move(question), where, /*is_question=*/true)
            : whom.key ? system.call_keyed(keyed{whom.name, *whom.key}, std::move(question), where)
                       : system.call(whom.name, std::move(question), where));
  } catch (...) {
    if (asker != nullptr)
      asker->ask_ended();
    if (claim())
      system.wheel().disarm(*about_->until);
    throw;
  }
}

bool ask_core::begin() noexcept {
  about_->began.store((about_->system.clock().now() - about_->since).count(),
                      std::memory_order_relaxed);
  auto expected = state::waiting;
  return state_.compare_exchange_strong(expected, state::running, std::memory_order_acq_rel);
}

bool ask_core::claim() noexcept {
  if (state_.exchange(state::settled, std::memory_order_acq_rel) == state::settled)
    return false;
  about_->system.wheel().disarm(*about_->until);
  return true;
}

std::string ask_core::attempted() const {
  return "get the answer of " + about_->whom + " to what it was asked at " +
         label_of(about_->where);
}

void ask_core::fail(errc code, std::string remedy) noexcept {
  try {
    conclude_with({make_error_code(code), attempted(), std::move(remedy)});
  } catch (...) {
    conclude_with({make_error_code(code), {}, {}});
  }
}

bool ask_core::answer_with_exception(worker& self) {
  if (!claim())
    return false;
  self.incarnation().where().count_failed();
  std::string remedy;
  try {
    remedy = text_of_current_exception();
  } catch (...) {
    // Whoever asked is told all the same.
  }
  fail(errc::task_failed, std::move(remedy));
  return true;
}

void ask_core::dropped(drop_reason why) noexcept {
  if (!claim())
    return;
  switch (why) {
  case drop_reason::killed:
    return fail(errc::worker_killed, "it was killed before it got to it; ask again");
  case drop_reason::aborted:
    return fail(errc::worker_aborted, "it was aborted before it got to it; ask again");
  case drop_reason::failed:
    return fail(errc::worker_failed, "it failed, and was ended, before it got to it");
  case drop_reason::shutting_down: return fail(errc::shutting_down, {});
  case drop_reason::overflow:
    return fail(errc::mailbox_full, "others were preferred; ask again later, or raise its limit");
  case drop_reason::no_thread:
    return fail(errc::worker_killed, "no thread could be started for it");
  case drop_reason::no_such_worker: // these are refused, not dropped
  case drop_reason::after_own_kill: return fail(errc::no_such_worker, {});
  }
}

void ask_core::refused(call_result result) noexcept {
  switch (result) {
  case call_result::queued:
  case call_result::created: return;
  case call_result::no_such_worker:
    if (claim())
      fail(errc::no_such_worker, "ask it by its name, which makes it");
    return;
  case call_result::killed_itself:
    if (claim())
      fail(errc::worker_killed, "it has killed itself, and asks itself");
    return;
  case call_result::no_startup_method: // of methods only
  case call_result::mailbox_full:
  case call_result::dropped: dropped(drop_reason::overflow); return;
  case call_result::shutting_down: dropped(drop_reason::shutting_down); return;
  }
}

void ask_core::expire() noexcept {
  const auto before = state_.exchange(state::settled, std::memory_order_acq_rel);
  if (before == state::settled)
    return;
  const auto total = about_->system.clock().now() - about_->since;
  const auto waited = std::chrono::nanoseconds{about_->began.load(std::memory_order_relaxed)};
  fail(errc::answer_late,
       before == state::waiting
           ? "it had been waiting in the mailbox for " + std::to_string(in_milliseconds(total)) +
                 " ms: see what the worker is doing instead"
           : "it had been running for " + std::to_string(in_milliseconds(total - waited)) +
                 " ms: allow more time, or let it do less");
}

void ask_core::abandon() noexcept {
  if (state_.exchange(state::settled, std::memory_order_acq_rel) != state::settled)
    fail(errc::shutting_down, {});
}

void ask_core::set_ready() noexcept {
  is_ready_.store(1, std::memory_order_release);
  is_ready_.notify_one();
}

void ask_core::wait() {
  if (is_ready_.load(std::memory_order_acquire) != 0)
    return;
  if (about_->system.hooks().is_deterministic) {
    while (is_ready_.load(std::memory_order_acquire) == 0) {
      if (!about_->system.hooks().pump || !about_->system.hooks().pump())
        throw std::logic_error("nothing is left to run that could bring the answer");
    }
    return;
  }
  held_wakes::release_here();
  is_ready_.wait(0, std::memory_order_acquire);
}

void ask_core::post_reply(task continuation) const {
  about_->asker->post(entry_kind::reply, std::move(continuation), about_->where);
}

} // namespace callsign::detail
