#include "actors/src/watch.hpp"

#include "actors/src/slot.hpp"

#include <utility>

namespace callsign {

namespace detail {

struct watch_core::news {
  std::shared_ptr<watch_core> of;
  std::unique_ptr<const worker_end> what;
  void operator()(worker& self) const {
    if (!of->active_.exchange(false, std::memory_order_acq_rel))
      return;
    const auto then = std::exchange(of->then_, nullptr);
    then(self, *what);
  }
};

void watch_core::tell(const worker_end& what) {
  if (is_active())
    to_.post(entry_kind::down, news{shared_from_this(), std::make_unique<const worker_end>(what)},
             where_);
}

void watch_core::cancel() noexcept {
  active_.store(false, std::memory_order_release);
  if (const auto whom = whom_.lock())
    whom->remove_watcher(*this);
}

void watch_core::forget() noexcept {
  then_ = nullptr;
  cancel();
}

} // namespace detail

std::string_view to_string(why_ended why) noexcept {
  switch (why) {
  case why_ended::killed: return "killed";
  case why_ended::aborted: return "aborted";
  case why_ended::shut_down: return "shut down";
  case why_ended::failed: return "failed";
  case why_ended::with_others: return "ended with others";
  case why_ended::passivated: return "passivated";
  case why_ended::never_began: return "never began";
  case why_ended::nobody: return "nobody";
  }
  return "unknown";
}

void watching::cancel() const {
  if (const auto one = what_.lock())
    one->cancel();
}

bool watching::is_active() const {
  const auto one = what_.lock();
  return one != nullptr && one->is_active();
}

} // namespace callsign
