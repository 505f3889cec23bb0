/// \file
/// One I/O thread: an io_context, a wheel of timers, lines, and turns.
#pragma once

#include "net/src/beast/asio.hpp"
#include "net/src/beast/heap.hpp"
#include "net/src/beast/inlet.hpp"
#include "net/src/beast/line.hpp"
#include "net/src/beast/ring_inlet.hpp"
#include "net/src/beast/ring_sender.hpp"
#include "net/src/door/door.hpp"

#include <boost/asio/posix/stream_descriptor.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <span>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

namespace callsign::beast {

/// What an I/O thread needs to use io_uring.
struct rings {
  ring_sender out;
  ring_inlet in;
};

/// @context the thread itself, except what says otherwise
class socket_thread final : public door::io_thread {
public:
  /// @param with  null: epoll, and every line writes by itself
  socket_thread(std::size_t index, std::shared_ptr<door::ledger> books,
                std::unique_ptr<rings> with);
  ~socket_thread() override;

  // door::io_thread
  [[nodiscard]] std::size_t index() const noexcept override { return index_; }
  void post_turn() override;
  void set_target(door::turn_target* what) override { target_ = what; }
  [[nodiscard]] rules::timer_wheel& timers() override { return wheel_; }
  [[nodiscard]] rules::time_point now() const noexcept override {
    return std::chrono::steady_clock::now();
  }
  [[nodiscard]] rules::time_point about_now() const noexcept override;
  void flush_dirty() override;
  void post(std::function<void()> what) override;
  [[nodiscard]] std::size_t session_count() const noexcept override {
    return count_.load(std::memory_order_acquire);
  }

  [[nodiscard]] asio::io_context& context() noexcept { return context_; }
  [[nodiscard]] door::ledger& books() const noexcept { return *books_; }

  /// Where lines that speak WebSocket wait to read and write.
  [[nodiscard]] inlet& sockets() noexcept { return *sockets_; }

  /// So many bytes of a WebSocket line were read or written.
  void moved(std::size_t bytes) noexcept { bursts_.moved(bytes); }

  /// Keeps the line alive until `release`.
  void adopt(std::shared_ptr<line> who);
  /// Whether `finish` was called: what comes now is cut at once.
  [[nodiscard]] bool is_finishing() const noexcept { return is_finishing_; }
  /// Lets it go, from a fresh step.
  void release(line& who) noexcept;
  /// Calls `what` with every line; it may release any.
  void for_each_line(const std::function<void(line&)>& what);

  /// Writes at the end of the turn; posts one if none is posted.
  void mark_dirty(flushable& who);
  void forget_dirty(flushable& who) noexcept;

  /// Runs `what` once, later.
  void after(rules::duration delay, std::function<void()> what);

  /// Runs one handler of a line: whatever it throws is caught here, logged, and ends that line.
  template <class Step>
  void step(line& who, Step&& run) noexcept {
    try {
      std::forward<Step>(run)();
    } catch (...) {
      failed(&who);
    }
    tend();
  }

  /// Until `finish` was called and every line is gone.
  void run() noexcept;
  /// Cuts every line; `run` returns when they are gone. @context any thread
  void finish();
  /// Cuts and runs what a thread has left that was stopped before it was empty. @context who joined
  /// it
  void end_leftovers() noexcept;

private:
  void turn() noexcept;
  bool run_asio();
  void give_up_rings() noexcept;
  void move_to_epoll();
  /// Has Asio say when one of `sockets` is ready.
  void watch_sockets();
  /// Sees to it that the wheel is looked at in time.
  void tend() noexcept;
  void on_tick() noexcept;
  void failed(line* who) noexcept;
  void cut_all() noexcept;
  void end_if_empty() noexcept;

  std::size_t index_;
  std::shared_ptr<door::ledger> books_;
  // Before what holds lines: they forget themselves here when they go.
  /// Who has something to write: one list grows while the other is flushed. Null: has gone.
  std::array<std::vector<flushable*>, 2> dirty_;
  std::size_t growing_ = 0;
  std::unique_ptr<rings> rings_;
  asio::io_context context_;
  std::optional<asio::executor_work_guard<asio::io_context::executor_type>> work_;
  std::unique_ptr<inlet> epoll_; ///< null: the ring
  inlet* sockets_;
  asio::posix::stream_descriptor sockets_watch_; ///< of a copy of their descriptor
  bool are_sockets_watched_ = false;
  bool are_sockets_ready_ = false; ///< or were in the last round
  std::size_t since_asio_ = 0;     ///< lines read and written since Asio was looked at
  burst_watch bursts_;
  rules::timer_wheel wheel_;
  std::list<rules::wheel_timer> later_;
  asio::steady_timer timer_;
  bool is_ticking_ = false; ///< the timer is armed for one of the next two ticks
  std::atomic<bool> is_turn_posted_{false};
  std::atomic<std::thread::id> id_{}; ///< of the thread inside `run`
  door::turn_target* target_ = nullptr;
  std::unordered_map<line*, std::shared_ptr<line>> lines_;
  std::atomic<std::size_t> count_{0};
  bool is_finishing_ = false;
};

} // namespace callsign::beast
