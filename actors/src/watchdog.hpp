/// \file
/// Names tasks that run too long.
#pragma once

#include "actors/src/slot.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace callsign::detail {

/// Knows what each thread is running, and warns, once per task, when one takes longer than the
/// limit.
///
/// The threads only count their tasks. The watchdog looks a few times per limit and measures how
/// long a count stands still, so that a task costs no lock and no look at the clock.
class watchdog {
public:
  /// What one thread runs.
  struct record {
    std::atomic<std::uint64_t> turn{0};    ///< odd while a task runs; written by that thread
    std::atomic<const slot*> who{nullptr}; ///< whose; means something while `turn` is odd
    std::uint64_t seen = 0;                ///< the rest belongs to the watchdog's thread
    std::chrono::steady_clock::time_point since;
    bool is_told = false;
  };

  /// A limit of zero: no thread, nothing is watched.
  watchdog(std::chrono::milliseconds limit, std::function<void(const std::string&)> warn);
  ~watchdog();
  watchdog(const watchdog&) = delete;
  watchdog& operator=(const watchdog&) = delete;

  /// The record of the calling thread, or null when nothing is watched.
  [[nodiscard]] record* here();

private:
  [[nodiscard]] record* enter_thread();
  void look();

  const std::chrono::milliseconds limit_;
  const std::uint64_t id_;
  std::function<void(const std::string&)> warn_;
  std::mutex lock_;
  std::condition_variable stop_cv_;
  bool stop_ = false;
  std::vector<std::shared_ptr<record>> records_;
  std::thread thread_;
};

/// Marks a task as running, from construction to destruction; nothing in a null record.
/// @context the thread whose record it is
class running_task {
public:
  explicit running_task(watchdog::record* here) noexcept : record_{here} { count(); }
  ~running_task() { count(); }
  running_task(const running_task&) = delete;
  running_task& operator=(const running_task&) = delete;

private:
  void count() noexcept {
    if (record_ != nullptr) {
      record_->turn.store(record_->turn.load(std::memory_order_relaxed) + 1,
                          std::memory_order_release);
    }
  }
  watchdog::record* record_;
};

} // namespace callsign::detail
