#include "net/src/bridge/lane.hpp"

#include <iterator>
#include <new>
#include <utility>

namespace callsign::detail {

void clear(lane_entries& handled) noexcept {
  constexpr std::size_t burst = 4096;
  if (handled.size() < burst) {
    handled.clear();
  } else {
    try {
      lane_entries{}.swap(handled);
    } catch (const std::bad_alloc&) {
      handled.clear(); // an empty one takes memory
    }
  }
}

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
  clear(into);
  {
    const std::scoped_lock guard{lock_};
    const auto most = std::exchange(most_, std::nullopt);
    if (most && *most < waiting_.size()) {
      const auto end = waiting_.begin() + static_cast<std::ptrdiff_t>(*most);
      into.assign(std::move_iterator{waiting_.begin()}, std::move_iterator{end});
      waiting_.erase(waiting_.begin(), end);
    } else {
      into.swap(waiting_);
    }
  }
  if (notes_ == nullptr || into.empty())
    return;
  rules::json_line what;
  what.add("io", thread_.index()).add("count", into.size());
  notes_->write(std::move(what), "takes");
}

void lane::take_at_most(std::size_t count) {
  const std::scoped_lock guard{lock_};
  most_ = count;
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
