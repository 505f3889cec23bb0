#include "net/src/bridge/lane.hpp"

namespace callsign::detail {

bool lane::push(lane_entry what) {
  {
    const std::scoped_lock guard{lock_};
    if (is_closed_)
      return false;
    waiting_.push_back(std::move(what));
    // Under the lock: `close` waits for us, and behind it the thread may go.
    if (waiting_.size() == 1)
      thread_.post_turn();
  }
  return true;
}

void lane::take(lane_entries& into) {
  into.clear();
  const std::scoped_lock guard{lock_};
  into.swap(waiting_);
}

void lane::close() {
  lane_entries gone;
  {
    const std::scoped_lock guard{lock_};
    is_closed_ = true;
    gone.swap(waiting_);
  }
  for (const auto& what : gone) {
    const auto* broadcast = std::get_if<lane_broadcast>(&what);
    if (broadcast != nullptr && broadcast->ticket != nullptr)
      broadcast->ticket->threads_left.fetch_sub(1, std::memory_order_acq_rel);
    if (const auto* join = std::get_if<lane_join>(&what); join != nullptr)
      join_was_lost(join->who);
  }
}

bool lane::has_entries() const {
  const std::scoped_lock guard{lock_};
  return !waiting_.empty();
}

void put_into_all(const lane_broadcast& what, const std::vector<std::shared_ptr<lane>>& lanes) {
  for (const auto& one : lanes) {
    if (!one->push(what) && what.ticket != nullptr)
      what.ticket->threads_left.fetch_sub(1, std::memory_order_acq_rel);
  }
}

void put_into_all(const lane_terminate_all& what, const std::vector<std::shared_ptr<lane>>& lanes) {
  for (const auto& one : lanes)
    one->push(what);
}

} // namespace callsign::detail
