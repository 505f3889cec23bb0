/// \file
/// For tests with real threads: waiting for an event, never longer than a limit, and never by
/// sleeping.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

namespace callsign::tests {

inline constexpr std::chrono::seconds long_enough{30};

/// Something that happens once, or a number of times.
class event {
public:
  explicit event(int times = 1) : missing_{times} {}

  void happens() {
    // Told under the lock: whoever waits may destroy the event at once.
    const std::scoped_lock guard{lock_};
    --missing_;
    changed_.notify_all();
  }

  /// False: it did not happen in time.
  [[nodiscard]] bool has_happened(std::chrono::milliseconds limit = long_enough) {
    std::unique_lock guard{lock_};
    return changed_.wait_for(guard, limit, [this] { return missing_ <= 0; });
  }

private:
  std::mutex lock_;
  std::condition_variable changed_;
  int missing_;
};

} // namespace callsign::tests
