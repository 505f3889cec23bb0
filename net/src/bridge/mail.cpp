#include "net/src/bridge/mail.hpp"

namespace callsign::detail {

void tally::count(const rules::frame_slice& offered, const rules::outbox::verdict& got,
                  bool is_pressured) {
  if (got.queued == tickets_.size() && offered.count() == tickets_.size()) {
    ++all_queued_;
    if (is_pressured)
      ++all_pressured_;
    return;
  }
  for (std::size_t i = 0; i < offered.count(); ++i) {
    // A single broadcast is handed out as it is, wherever in its block it stands.
    line& one = tickets_.size() == 1 ? tickets_.front() : tickets_[offered.first + i];
    if (i < got.queued) {
      ++one.queued;
      if (is_pressured)
        ++one.pressured;
    } else {
      ++one.dropped;
    }
  }
}

tally::~tally() {
  for (line& one : tickets_) {
    if (one.ticket == nullptr)
      continue;
    one.ticket->queued.fetch_add(one.queued + all_queued_, std::memory_order_relaxed);
    one.ticket->pressured.fetch_add(one.pressured + all_pressured_, std::memory_order_relaxed);
    one.ticket->dropped.fetch_add(one.dropped, std::memory_order_relaxed);
    one.ticket->threads_left.fetch_sub(1, std::memory_order_acq_rel);
  }
}

} // namespace callsign::detail
