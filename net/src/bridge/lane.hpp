/// \file
/// Everything a server says to its connections on one I/O thread, in one order.
#pragma once

#include "net/src/door/recorder.hpp"
#include "net/src/rules/frame.hpp"

#include <callsign/websocket_server.hpp>

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace callsign {

/// What a broadcast's I/O threads report into.
struct broadcast_ticket::state {
  std::atomic<std::size_t> queued{0};
  std::atomic<std::size_t> pressured{0};
  std::atomic<std::size_t> dropped{0};
  std::atomic<std::size_t> threads_left{0};
};

} // namespace callsign

namespace callsign::detail {

using ticket_ptr = std::shared_ptr<broadcast_ticket::state>;
using connection_ptr = std::shared_ptr<connection_core>;
using server_key = const server_core*;

/// Grants a request: the client becomes a member of its server.
struct lane_join {
  connection_ptr who;
};
/// Refuses a request with an HTTP status, or, after the handshake, with a close code.
struct lane_refuse {
  connection_ptr who;
  int status;
  std::string why;
};
/// The connection has had its last callback.
struct lane_leave {
  connection_ptr who;
};
struct lane_send {
  connection_ptr who;
  rules::frame_slice frame;
  bool is_its_own = false; ///< said by a callback of that connection (`callbacks::in_connection`)
};
struct lane_broadcast {
  std::shared_ptr<const server_core> server;
  rules::frame_slice frame;
  std::vector<connection_id> excluded;
  ticket_ptr ticket;
  connection_ptr from; ///< whose callback made it (`callbacks::in_connection`), or null
};
struct lane_terminate {
  connection_ptr who;
  close_code code; ///< 0: none
  std::string reason;
  bool is_overflow = false; ///< the sender found the outbox full
};
/// Ends every connection of a server.
struct lane_terminate_all {
  std::shared_ptr<server_core> server;
  close_code code;
};
/// The worker has caught up with a connection whose reading is paused.
struct lane_resume {
  connection_ptr who;
};

/// The worker has handled the last message of a connection that is about to close.
struct lane_settled {
  connection_ptr who;
};

using lane_entry = std::variant<lane_join, lane_refuse, lane_leave, lane_send, lane_broadcast,
                                lane_terminate, lane_terminate_all, lane_resume, lane_settled>;

/// Its segments go with what was in them; only the table of them stays as large as it once was.
using lane_entries = std::deque<lane_entry>;
/// Empties it; one that held a burst gives back its table, too.
void clear(lane_entries& handled) noexcept;

/// Whose join never came: the network ended before it was taken. @context any thread
void join_was_lost(const connection_ptr& who);

/// One per I/O thread; what is pushed from one place stays in order.
class lane {
public:
  /// @param notes  null: nobody records
  explicit lane(door::io_thread& thread, std::shared_ptr<door::recorder> notes = nullptr)
      : thread_{thread}, notes_{std::move(notes)} {}

  /// False: the network has ended, the entry is gone. @context any thread
  bool push(lane_entry what);
  /// Takes all that waits. @context the I/O thread
  void take(lane_entries& into);
  /// The next `take` takes so many at most. For replays.
  void take_at_most(std::size_t count);
  /// Nothing is taken any more. @context any thread
  void close();
  [[nodiscard]] bool has_entries() const;
  /// The actor that empties this lane has quit. @context any thread
  void set_abandoned() noexcept { is_abandoned_.store(true, std::memory_order_release); }
  [[nodiscard]] bool is_abandoned() const noexcept {
    return is_abandoned_.load(std::memory_order_acquire);
  }
  [[nodiscard]] door::io_thread& thread() const noexcept { return thread_; }

private:
  door::io_thread& thread_;
  std::shared_ptr<door::recorder> notes_;
  mutable std::mutex lock_;
  lane_entries waiting_;
  std::optional<std::size_t> most_;
  bool is_closed_ = false;
  std::atomic<bool> is_abandoned_{false};
};

/// Puts a broadcast, or the end of all, into every lane.
void put_into_all(const lane_broadcast& what, const std::vector<std::shared_ptr<lane>>& lanes);
void put_into_all(const lane_terminate_all& what, const std::vector<std::shared_ptr<lane>>& lanes);

} // namespace callsign::detail
