#include "actors/src/unit.hpp"

namespace callsign::detail {

void unit::context_unit::exec_later(caf::resumable* who) { system().scheduler().enqueue(who); }

thread_unit::~thread_unit() {
  for (auto* queue : {&ready_, &inbox_}) {
    for (auto* who : *queue)
      caf::intrusive_ptr_release(who);
  }
}

void thread_unit::schedule(caf::resumable* who) {
  bool must_wake = false;
  {
    const std::scoped_lock guard{lock_};
    if (running_ == std::this_thread::get_id()) {
      ready_.push_back(who);
      return;
    }
    inbox_.push_back(who);
    must_wake = !std::exchange(is_awake_, true);
  }
  if (must_wake)
    wake_();
}

bool thread_unit::run_ready(std::size_t rounds) {
  {
    const std::scoped_lock guard{lock_};
    is_awake_ = true;
    running_ = std::this_thread::get_id();
  }
  bool more = true;
  while (rounds-- > 0) {
    {
      const std::scoped_lock guard{lock_};
      ready_.insert(ready_.end(), inbox_.begin(), inbox_.end());
      inbox_.clear();
      if (ready_.empty()) {
        is_awake_ = false;
        running_ = {};
        more = false;
        break;
      }
    }
    for (std::size_t n = ready_.size(); n > 0; --n) {
      auto* who = ready_.front();
      ready_.pop_front();
      switch (who->resume(&context(), 64)) {
      case caf::resumable::resume_later: ready_.push_back(who); break;
      case caf::resumable::done:
      case caf::resumable::awaiting_message: caf::intrusive_ptr_release(who); break;
      case caf::resumable::shutdown_execution_unit: break;
      }
    }
  }
  if (more) {
    // The caller comes back by itself, so nobody needs to wake it.
    const std::scoped_lock guard{lock_};
    running_ = {};
  }
  return more;
}

void placed_actor::enqueue(caf::mailbox_element_ptr what, caf::execution_unit* host) {
  caf::event_based_actor::enqueue(std::move(what), unit_ == nullptr ? host : &unit_->gate());
}

void placed_actor::launch(caf::execution_unit* host, bool lazy, bool hide) {
  caf::event_based_actor::launch(unit_ == nullptr ? host : &unit_->gate(), lazy, hide);
}

} // namespace callsign::detail
