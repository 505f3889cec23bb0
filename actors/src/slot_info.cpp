// What can be seen of a slot: by snapshots, and by test kits.

#include "actors/src/slot_bounds.hpp"

#include <cstring>

namespace callsign::detail {

namespace {

std::string label_of(const char* file, std::uint32_t line) {
  const char* slash = std::strrchr(file, '/');
  return std::string(slash == nullptr ? file : slash + 1) + ':' + std::to_string(line);
}

} // namespace

std::string label_of(const std::source_location& where) {
  return label_of(where.file_name(), where.line());
}

slot::glimpse::glimpse(const entry& what)
    : kind{what.kind}, sender{what.sender}, where{what.where} {}

std::vector<slot::glimpse> slot::waiting() const {
  const std::scoped_lock guard{lock_};
  std::vector<glimpse> all;
  waiting_.for_each([&](const entry& e) { all.emplace_back(e); });
  return all;
}

entry slot::take_out(std::size_t index) {
  const std::scoped_lock guard{lock_};
  return waiting_.take_out(index);
}

std::string slot::running() const {
  const char* file = running_file_.load(std::memory_order_relaxed);
  if (file == nullptr)
    return {};
  return label_of(file, running_line_.load(std::memory_order_relaxed));
}

worker_number slot::number() const {
  const std::scoped_lock guard{lock_};
  return number_;
}

runs_on slot::kind() const {
  const std::scoped_lock guard{lock_};
  return kind_;
}

slot::phase slot::current_phase() const {
  const std::scoped_lock guard{lock_};
  return phase_;
}

std::uint64_t slot::dropped_at_shutdown() const {
  const std::scoped_lock guard{lock_};
  return dropped_at_shutdown_;
}

std::optional<worker_info> slot::info() const {
  worker_info now;
  now.running = running();
  now.handled = handled_.load(std::memory_order_relaxed);
  now.failed = failed_.load(std::memory_order_relaxed);
  const std::scoped_lock guard{lock_};
  if (phase_ == phase::vacant)
    return std::nullopt;
  now.name = name_;
  now.number = number_;
  now.incarnation = incarnation_;
  now.kind = kind_;
  now.state = phase_ == phase::closing || phase_ == phase::sealed ? worker_state::closing
              : now.running.empty()                               ? worker_state::idle
                                                                  : worker_state::executing;
  now.waiting = waiting_.size() + next_.size() + in_hand_.load(std::memory_order_relaxed);
  now.dropped_by_kill = dropped_by_kill_;
  now.dropped_after_own_kill = dropped_after_own_kill_;
  now.dropped_at_shutdown = dropped_at_shutdown_;
  if (bounds_ != nullptr) {
    now.dropped_when_full = bounds_->dropped;
    now.rejected = bounds_->rejected;
  }
  now.created = created_;
  return now;
}

} // namespace callsign::detail
