/// \file
/// The thread of a worker that may block.
#pragma once

#include "actors/src/unit.hpp"

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

namespace callsign::detail {

/// Starts a thread; tests make it fail.
using thread_factory = std::function<std::thread(std::function<void()>)>;

/// Drives one unit in a thread of its own until its worker has ended.
///
/// Whoever wakes the unit may still be inside the wake-up when the worker has ended and the thread
/// is joined; so what a wake-up touches is shared with it.
///
/// @context any thread
class own_thread {
public:
  /// Without a thread factory nothing starts: the test scheduler runs the unit.
  /// @errors `std::system_error` if the thread cannot be started
  own_thread(caf::actor_system& system, const unit_factory& make_unit, const thread_factory& start);
  /// Ends and joins the thread.
  ~own_thread();
  own_thread(const own_thread&) = delete;
  own_thread& operator=(const own_thread&) = delete;

  [[nodiscard]] const std::shared_ptr<unit>& where() const noexcept { return where_; }

  /// The thread ends when nothing is left to run. @context also the thread itself
  void let_go();
  /// Joining takes no time: the thread has destroyed its `thread_local`s, too.
  [[nodiscard]] bool is_gone() const;
  /// Waits for that. False: it was not gone at the deadline.
  [[nodiscard]] bool is_gone_by(std::chrono::steady_clock::time_point deadline) const;

private:
  struct bell {
    std::mutex lock;
    std::condition_variable rung;
    std::condition_variable left;
    bool is_awake = false;
    bool is_over = false;
    bool is_gone = false;

    void ring();
  };

  struct farewell;

  static void drive(bell& by, thread_unit& here);

  std::shared_ptr<bell> bell_;
  std::shared_ptr<unit> where_;
  std::thread thread_;
};

} // namespace callsign::detail
