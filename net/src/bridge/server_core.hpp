/// \file
/// What all handles of one WebSocket server share.
#pragma once

#include "actors/src/incarnation.hpp"
#include "net/src/bridge/connection_core.hpp"
#include "net/src/bridge/lane.hpp"
#include "net/src/rules/ending.hpp"
#include "net/src/rules/path_table.hpp"

#include <callsign/websocket_server.hpp>

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace callsign::detail {

class network_core;
class web_core;

/// A server: its members, their order, and the life it has in its worker.
///
/// Its callbacks run in the worker that made it; with `callbacks::in_connection` those of its
/// connections run in their actors. Whoever speaks puts it into the lanes.
class server_core final : public resident, public std::enable_shared_from_this<server_core> {
public:
  enum class phase : unsigned char { running, ending, ended };

  server_core(worker_system& workers, port owner, std::shared_ptr<web_core> web,
              std::shared_ptr<network_core> network, std::shared_ptr<server_handler> handler,
              server_options options, rules::path_pattern path);
  ~server_core() override;

  [[nodiscard]] const server_options& options() const noexcept { return options_; }
  [[nodiscard]] const rules::path_pattern& pattern() const noexcept { return path_; }
  /// Once the server has ended, one that does nothing. @context the owning worker
  [[nodiscard]] server_handler& handler() const noexcept;
  [[nodiscard]] const port& owner() const noexcept { return owner_; }
  [[nodiscard]] websocket_server& place() noexcept { return place_; }
  [[nodiscard]] door::ledger& books() const noexcept { return *books_; }
  [[nodiscard]] bool is_parallel() const noexcept {
    return options_.placement == callbacks::in_connection;
  }
  [[nodiscard]] bool is_ending() const noexcept {
    return phase_.load(std::memory_order_acquire) != phase::running;
  }
  [[nodiscard]] bool is_ended() const noexcept {
    return phase_.load(std::memory_order_acquire) == phase::ended;
  }

  // -- any thread ---------------------------------------------------------------------------------

  broadcast_ticket broadcast(const message& what, const except& whom);
  void terminate(close_code code = closing::normal);
  [[nodiscard]] connection_list connections() const;
  [[nodiscard]] std::size_t connection_count() const;
  void route_send(connection_core& to, const rules::frame_view& frame);
  /// The sender found the outbox full, and the rule is to close.
  void route_overflow(connection_ptr who);
  void route_terminate(connection_ptr who, close_code code, std::string reason);
  void route_settled(connection_ptr who);

  // -- I/O threads: requests ----------------------------------------------------------------------

  /// Nothing if there is room, else the counter of the limit that is reached.
  [[nodiscard]] std::optional<counter> take_seat(const std::string& address);
  void give_back_seat(connection_core& who);
  [[nodiscard]] std::size_t seats() const;
  /// Queues the question for the worker. If the worker never gets to it, the client is answered
  /// 503.
  void ask(connection_ptr who);
  /// Queues messages, or an end, for the worker, each message as an entry of its own. If the worker
  /// never gets to one, it is accounted for all the same.
  void post_messages(const connection_ptr& from, std::vector<message> heard);
  void post_end(const connection_ptr& who, rules::ending how);

  // -- where the connection's callbacks run -------------------------------------------------------

  void run_open(connection_core& who);
  void run_message(connection_core& from, const message& heard);
  void run_end(connection_core& who, const rules::ending& how);
  /// After the last callback, where it ran in the connection: its actor may go, and perhaps the
  /// server may end.
  void leave_after_end(connection_ptr who);

  // -- the owning worker --------------------------------------------------------------------------

  /// Registers the path and queues `on_open`. @errors `failure` with `errc::path_in_use`
  void open(worker& self);
  void end(end_reason why) override;

private:
  class question;
  class delivery;
  class end_report;

  void decide(const connection_ptr& who);
  void refuse(const connection_ptr& who, int status, std::string why, counter reason);
  void tell_open();
  void begin_end(close_code code);
  void terminate_all(close_code code);
  void take_end(const connection_ptr& who, rules::ending how);
  void one_is_finished();
  void finish_if_empty();
  void finish(bool is_told);
  void tell_error(error_item what);
  void report_exception(const char* callback);
  void tell_exception(connection_core& who, const char* callback);
  [[nodiscard]] bool pass_json(connection_core& from, const message& heard);

  worker_system& workers_;
  const port owner_;
  const std::weak_ptr<web_core> web_;
  std::shared_ptr<network_core> network_; ///< until the end; the owning worker only
  const std::vector<std::shared_ptr<lane>> lanes_;
  const std::shared_ptr<door::ledger> books_;
  std::shared_ptr<server_handler> handler_; ///< until the end; the owning worker only
  const server_options options_;
  const rules::path_pattern path_;
  websocket_server place_;

  std::atomic<phase> phase_{phase::running};
  mutable std::mutex members_lock_;
  std::map<connection_id, connection_ptr> members_; ///< by id, so in connection order
  std::size_t unfinished_ =
      0; ///< members, and those whose last callback still runs; guarded by members_lock_
  std::mutex order_lock_; ///< a broadcast enters all lanes before the next one enters any
  mutable std::mutex seats_lock_;
  std::unordered_map<std::string, std::size_t> seats_by_address_;
  std::size_t seats_ = 0;

  // The owning worker only.
  connection_id next_id_ = 0;
  bool is_open_told_ = false;
  bool is_end_begun_ = false;
  std::map<connection_id, std::pair<connection_ptr, rules::ending>>
      ends_; ///< arrived, not yet their turn
};

} // namespace callsign::detail
