/// \file
/// What all handles of one connection share.
#pragma once

#include "net/src/bridge/lane.hpp"

#include <callsign/handlers.hpp>
#include <callsign/websocket_connection.hpp>

#include <atomic>
#include <cstddef>
#include <memory>

namespace callsign::detail {

class server_core;
struct network_member;

/// Where a request stands. The worker and the I/O thread race for it; the first to move it wins.
enum class request_state : unsigned char {
  asked,    ///< waits in the worker's queue
  deciding, ///< `on_connection` runs
  admitted,
  refused,
  late, ///< the admission deadline passed first
  gone, ///< the client left first
};

/// The control block of one connection: atomics that give verdicts without waiting, and what never
/// changes.
///
/// @context any thread, except where said
class connection_core : public std::enable_shared_from_this<connection_core> {
public:
  connection_core(std::shared_ptr<server_core> server, std::shared_ptr<lane> home,
                  callsign::request asked, std::string subprotocol, std::uint32_t number = 0);

  /// Its number in a recording; 0: there is none.
  [[nodiscard]] std::uint32_t number() const noexcept { return number_; }
  [[nodiscard]] connection_id id() const noexcept { return id_.load(std::memory_order_relaxed); }
  [[nodiscard]] connection_status status() const noexcept {
    return status_.load(std::memory_order_acquire);
  }
  [[nodiscard]] server_core& server() const noexcept { return *server_; }
  [[nodiscard]] const std::shared_ptr<server_core>& shared_server() const noexcept {
    return server_;
  }
  [[nodiscard]] const callsign::request& request() const noexcept { return request_; }
  [[nodiscard]] const std::string& subprotocol() const noexcept { return subprotocol_; }
  [[nodiscard]] lane& home() const noexcept { return *home_; }
  [[nodiscard]] websocket_connection& place() noexcept { return place_; }
  /// After the last callback, one that does nothing. @context where the callbacks run
  [[nodiscard]] connection_handler& handler() const noexcept;
  void drop_handler() noexcept { handler_.reset(); }

  send_result send(const message& what);
  void terminate(int code, std::string_view reason);

  // -- admission ----------------------------------------------------------------------------------

  [[nodiscard]] request_state state() const noexcept {
    return state_.load(std::memory_order_acquire);
  }
  /// True if the state was `from` and is now `to`.
  [[nodiscard]] bool move(request_state from, request_state to) noexcept {
    return state_.compare_exchange_strong(from, to, std::memory_order_acq_rel);
  }
  /// @context the worker, once
  void become_member(connection_id id, std::shared_ptr<connection_handler> handler) {
    id_.store(id, std::memory_order_relaxed);
    // Its status stays: with `admit::after_handshake` it may be closing already.
    handler_ = std::move(handler);
  }
  void set_status(connection_status now) noexcept { status_.store(now, std::memory_order_release); }

  // -- accounts -----------------------------------------------------------------------------------

  void reserve(std::size_t bytes) noexcept {
    reserved_.fetch_add(bytes, std::memory_order_relaxed);
  }
  void release(std::size_t bytes) noexcept {
    reserved_.fetch_sub(bytes, std::memory_order_relaxed);
  }
  [[nodiscard]] std::size_t reserved() const noexcept {
    return reserved_.load(std::memory_order_relaxed);
  }

  /// What still is in a lane when its client has gone waits for nobody.
  [[nodiscard]] std::size_t queued_bytes() const noexcept {
    return status() == connection_status::closed ? 0 : reserved();
  }

  /// Messages of so many bytes together wait to be handled. True: reading should pause. @context
  /// the I/O thread
  [[nodiscard]] bool undelivered_more(std::size_t messages, std::size_t bytes) noexcept;
  /// They were handled, or dropped; wakes a paused connection when there is room again.
  void undelivered_less(std::size_t messages, std::size_t bytes) noexcept;
  /// Whether all is said in answer to what was received. It never is at once: a `lane_settled`
  /// comes behind the answers.
  /// @context the I/O thread
  [[nodiscard]] bool settles() noexcept;
  [[nodiscard]] std::size_t undelivered() const noexcept {
    return undelivered_.load(std::memory_order_relaxed);
  }

  /// Where its network actor keeps it, while it is a member. @context the I/O thread
  [[nodiscard]] network_member* member() const noexcept { return member_; }
  void set_member(network_member* where) noexcept { member_ = where; }

  /// True once: who gets it gives the seat back.
  [[nodiscard]] bool take_seat_back() noexcept { return has_seat_.exchange(false); }

private:
  send_result dropped(std::size_t bytes);

  std::shared_ptr<server_core> server_;
  std::shared_ptr<lane> home_;
  callsign::request request_;
  std::string subprotocol_;
  std::shared_ptr<connection_handler> handler_;
  network_member* member_ = nullptr;
  websocket_connection place_;
  std::atomic<connection_id> id_{~connection_id{0}};
  std::atomic<std::size_t> reserved_{0};
  std::atomic<std::size_t> undelivered_{0};
  std::atomic<connection_status> status_{connection_status::connected};
  std::atomic<request_state> state_{request_state::asked};
  std::atomic<bool> is_paused_{false};
  std::atomic<bool> is_settling_{false};
  std::atomic<bool> is_overflow_told_{false};
  std::atomic<bool> has_seat_{true};
  const std::uint32_t number_;
};

} // namespace callsign::detail
