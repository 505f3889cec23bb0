#include "actors/src/light_actor.hpp"

namespace callsign::detail {

namespace {

using node = caf::intrusive::singly_linked<caf::mailbox_element>;

// What stands in the place of the newest mail when there is none.
node nobody_runs;  ///< it has no mail, and whoever brings some schedules it
node is_scheduled; ///< it has no mail, and is scheduled or runs
node has_ended;    ///< it takes none

[[nodiscard]] bool is_mark(const node* what) noexcept {
  return what == &nobody_runs || what == &is_scheduled || what == &has_ended;
}

[[nodiscard]] caf::mailbox_element_ptr owned(node* what) noexcept {
  return caf::mailbox_element_ptr{static_cast<caf::mailbox_element*>(what)};
}

} // namespace

light_actor::light_actor(caf::actor_config& config, unit& where)
    : caf::monitorable_actor{config}, where_{where}, newest_{&nobody_runs} {}

light_actor::~light_actor() = default;

void light_actor::enqueue(caf::mailbox_element_ptr what, caf::execution_unit*) {
  node* const mail = what.release();
  node* seen = newest_.load(std::memory_order_relaxed);
  do {
    if (seen == &has_ended) {
      auto late = owned(mail);
      return bounce(late);
    }
    mail->next = is_mark(seen) ? nullptr : seen;
  } while (!newest_.compare_exchange_weak(seen, mail, std::memory_order_acq_rel));
  if (seen == &nobody_runs) {
    caf::intrusive_ptr_add_ref(ctrl()); // whoever resumes it gives it back
    where_.schedule(this);
  }
}

void light_actor::enqueue_shared(const caf::message& what) {
  if (!shared_.is_free())
    return enqueue(nullptr, caf::make_message_id(), what, nullptr);
  shared_.fill(what);
  enqueue(caf::mailbox_element_ptr{&shared_}, nullptr);
}

bool light_actor::fetch() noexcept {
  node* arrived = newest_.load(std::memory_order_relaxed);
  if (is_mark(arrived))
    return false;
  arrived = newest_.exchange(&is_scheduled, std::memory_order_acq_rel);
  node* in_order = nullptr;
  while (arrived != nullptr) {
    node* const before = arrived->next;
    arrived->next = in_order;
    in_order = arrived;
    arrived = before;
  }
  node** last = &oldest_;
  while (*last != nullptr)
    last = &(*last)->next;
  *last = in_order;
  return true;
}

caf::mailbox_element* light_actor::peek_at_next_mailbox_element() {
  fetch();
  return static_cast<caf::mailbox_element*>(oldest_);
}

std::size_t light_actor::waiting_count() {
  fetch();
  std::size_t count = 0;
  for (const node* one = oldest_; one != nullptr; one = one->next)
    ++count;
  return count;
}

caf::resumable::resume_result light_actor::resume(caf::execution_unit*, std::size_t most) {
  for (std::size_t handled = 0;; ++handled) {
    if (oldest_ == nullptr && !fetch()) {
      node* seen = &is_scheduled;
      if (newest_.compare_exchange_strong(seen, &nobody_runs, std::memory_order_acq_rel))
        return awaiting_message;
      fetch();
    }
    if (handled == most)
      return resume_later;
    {
      const auto mail = owned(oldest_);
      oldest_ = mail->next;
      receive(mail->content());
    }
    if (has_quit_) {
      finish();
      return done;
    }
  }
}

void light_actor::drop_all(bool is_answered) noexcept {
  fetch();
  newest_.store(&has_ended, std::memory_order_release);
  while (oldest_ != nullptr) {
    auto mail = owned(oldest_);
    oldest_ = mail->next;
    if (is_answered)
      bounce(mail);
  }
}

void light_actor::finish() noexcept {
  // What comes between the two is seen by the second.
  node* seen = nullptr;
  do {
    fetch();
    seen = &is_scheduled;
  } while (!newest_.compare_exchange_strong(seen, &has_ended, std::memory_order_acq_rel));
  drop_all(true);
  cleanup(caf::exit_reason::normal, nullptr);
}

void light_actor::on_destroy() {
  // One that never ran; after `finish` this does nothing.
  drop_all(false);
  cleanup(caf::exit_reason::unreachable, nullptr);
}

} // namespace callsign::detail
