/// \file
/// A WebSocket service on a path of a web server.
#pragma once

#include <callsign/handlers.hpp>
#include <callsign/web_server.hpp>
#include <callsign/websocket_connection.hpp>

#include <callsign/worker.hpp>

#include <chrono>
#include <concepts>
#include <cstddef>
#include <initializer_list>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace callsign {

namespace detail {
class server_core;
}

/// How incoming messages are presented. @source 4D `dataType` (section 2.7 of the 4D rules)
enum class data_type : unsigned char {
  text,        ///< as UTF-8 text; a binary frame that is not UTF-8 closes with 1007
  blob,        ///< as bytes
  object,      ///< as JSON text; what is not JSON is an error and is not delivered
  as_received, ///< text as text and binary as binary
};

/// "text", "blob", "object", "as received". @errors `failure` with `errc::unknown_data_type`
[[nodiscard]] data_type parse_data_type(std::string_view name);
[[nodiscard]] std::string_view to_string(data_type type) noexcept;

/// Where connection callbacks run. Server callbacks always run in the worker.
enum class callbacks : unsigned char {
  in_worker,     ///< in the worker that owns the server, one at a time with its tasks (4D's way)
  in_connection, ///< in each connection's actor, in parallel; membership and broadcasts stay in one
                 ///< order for all
};

/// When `on_connection` is asked.
enum class admit : unsigned char {
  before_handshake, ///< a refused client gets an HTTP status and never opens
  after_handshake,  ///< 4D's way: a refused client opens, then is closed with 1008
};

/// Which codes `terminate` may send. @source rule C-15
enum class close_codes : unsigned char {
  widened, ///< 1000, 1001, 1008, 1011 to 1013, 3000 to 4999
  strict,  ///< 4D's rule: only codes above 3000
};

/// What happens when a client reads more slowly than it is sent to.
enum class overflow : unsigned char {
  close,       ///< the connection is closed with 1013 (default)
  drop_oldest, ///< the oldest messages that wait give way
  drop_newest, ///< the message that does not fit is dropped
};

/// Every option has a default that suits a server. Sizes are bytes; a duration of zero switches the
/// rule off.
struct server_options {
  /// `/chat`; `/rooms/*` for all below; empty for every path. @source rules S-22 to S-24
  std::string path;
  data_type type = data_type::text;
  callbacks placement = callbacks::in_worker;
  admit when = admit::before_handshake;
  close_codes codes = close_codes::widened;
  /// Origins allowed besides the server's own host, as browsers send them; "*" allows all. Programs
  /// that send no Origin are allowed.
  std::vector<std::string> origins;
  /// In order of preference; none of a client's offers known: no subprotocol.
  std::vector<std::string> subprotocols;

  std::size_t max_message_bytes = 1024 * 1024; ///< over it: 1009
  std::size_t max_fragments = 1024;            ///< of one message; over it: 1009
  std::size_t max_queued_bytes = 1024 * 1024;  ///< in the outbox of one connection
  overflow on_overflow = overflow::close;
  /// Messages that wait for the worker, each with 128 bytes beside its own; reading pauses above.
  /// At least one message is always let through.
  std::size_t max_undelivered_bytes = 1024 * 1024;
  std::size_t max_connections = 10'000; ///< over it: 503
  std::size_t max_per_address = 1'000;  ///< over it: 503

  std::chrono::milliseconds ping_after{20'000};  ///< of silence; zero: no pings
  std::chrono::milliseconds pong_within{20'000}; ///< else the line is lost (1006)
  std::chrono::milliseconds admission_deadline{
      5'000}; ///< for `on_connection` to be asked and to answer; then 503, or 1013 after the
              ///< handshake
  std::chrono::milliseconds message_deadline{30'000}; ///< for a message to arrive whole; then 1008
  std::chrono::milliseconds close_deadline{
      5'000}; ///< for a closing handshake; then the line is cut (1006). When the set ends, at most
              ///< three quarters of `workers_options::stop_deadline`
};

/// Whom a broadcast leaves out.
class except {
public:
  except() = default;
  explicit except(const websocket_connection& ws) : ids_{ws.id()} {}
  explicit except(const connection_ref& ws) : ids_{ws.id()} {}
  explicit except(std::vector<connection_id> ids) : ids_{std::move(ids)} {}
  /// `except({0, 7})`
  except(std::initializer_list<connection_id> ids) : ids_{ids} {}
  [[nodiscard]] const std::vector<connection_id>& ids() const noexcept { return ids_; }

private:
  std::vector<connection_id> ids_;
};

/// What became of a broadcast; filled in as the I/O threads get to it.
/// @context any thread
class broadcast_ticket {
public:
  struct totals {
    std::size_t queued = 0;
    std::size_t pressured = 0; ///< queued, over the high-water mark
    std::size_t dropped = 0;   ///< the outbox was full, or the connection was closing
    bool is_complete = false;  ///< every I/O thread has handed it out
  };
  struct state;

  broadcast_ticket() = default;
  explicit broadcast_ticket(std::shared_ptr<state> shared) : shared_{std::move(shared)} {}
  [[nodiscard]] totals so_far() const;

private:
  std::shared_ptr<state> shared_;
};

/// A snapshot of a server's connections, in the order in which they came.
class connection_list {
public:
  using storage = std::vector<std::shared_ptr<detail::connection_core>>;
  class iterator {
  public:
    using value_type = websocket_connection;
    using difference_type = std::ptrdiff_t;
    iterator() = default;
    explicit iterator(storage::const_iterator at) : at_{at} {}
    [[nodiscard]] websocket_connection& operator*() const;
    iterator& operator++() { return ++at_, *this; }
    iterator operator++(int) { return iterator{at_++}; }
    friend bool operator==(const iterator&, const iterator&) = default;

  private:
    storage::const_iterator at_{};
  };

  connection_list() = default;
  explicit connection_list(storage all) : all_{std::move(all)} {}
  [[nodiscard]] iterator begin() const { return iterator{all_.begin()}; }
  [[nodiscard]] iterator end() const { return iterator{all_.end()}; }
  [[nodiscard]] std::size_t size() const noexcept { return all_.size(); }
  [[nodiscard]] bool empty() const noexcept { return all_.empty(); }
  [[nodiscard]] websocket_connection& operator[](std::size_t i) const {
    return *iterator{all_.begin() + static_cast<std::ptrdiff_t>(i)};
  }

private:
  storage all_;
};

/// The address of a server: copyable, usable from anywhere, safe after the server's end.
/// @context any thread
class server_ref {
public:
  server_ref() = default;
  explicit server_ref(std::shared_ptr<detail::server_core> core) : core_{std::move(core)} {}
  broadcast_ticket broadcast(const message& what, const except& whom = {}) const;
  void terminate() const;
  [[nodiscard]] bool is_terminated() const noexcept;
  [[nodiscard]] std::size_t connection_count() const;

private:
  std::shared_ptr<detail::server_core> core_;
};

/// Owns a WebSocket server. Keep it in a process variable of the worker: destroying or clearing it
/// terminates the server.
///
/// Callbacks are given a `websocket_server&` as well: the same server, seen from inside, which owns
/// nothing.
///
/// @context  constructed and destroyed in the worker that owns it; `broadcast`, `terminate`,
///           `is_terminated`, `ref`: any thread
/// @source   4D WebSocketServer (rules S-1 to S-33)
class websocket_server {
public:
  /// No server.
  websocket_server() noexcept;

  /// Makes a server and starts it. `on_open` is queued behind the task that runs now.
  ///
  /// @errors  `failure`: the web server is not running (`errc::web_server_not_running`), the path
  ///          is in use (`errc::path_in_use`), bad path, unknown data type, an option out of its
  ///          range; `std::invalid_argument`: no handler
  template <std::derived_from<server_handler> H>
  websocket_server(worker& self, const web_server_ref& web, std::unique_ptr<H> handler,
                   server_options options = {})
      : websocket_server{self, web, std::shared_ptr<server_handler>{std::move(handler)},
                         std::move(options)} {}
  websocket_server(worker& self, const web_server_ref& web, std::shared_ptr<server_handler> handler,
                   server_options options = {});

  /// From a callback's `websocket_server&`, which owns nothing, nothing moves.
  websocket_server(websocket_server&& other) noexcept;
  /// Terminates the server that was held before.
  websocket_server& operator=(websocket_server&& other) noexcept;
  ~websocket_server();

  [[nodiscard]] explicit operator bool() const noexcept { return core_ != nullptr; }

  /// All current connections, in the order in which they came; closed ones are not among them.
  [[nodiscard]] connection_list connections() const;

  /// Sends a message to every connection but the excluded ones. The frame is encoded once.
  ///
  /// @order   all clients hear broadcasts and messages sent from one place in the order they were
  /// sent
  /// @errors  `std::invalid_argument` if a text message is not UTF-8
  broadcast_ticket broadcast(const message& what, const except& whom = {});

  /// Begins the end and returns at once: new clients are refused, every client is closed with 1000,
  /// in one deadline; then each connection's `on_terminate` in order, then the server's. Again:
  /// nothing.
  void terminate();
  [[nodiscard]] bool is_terminated() const noexcept;

  /// @errors `std::logic_error`, as for the next three, where there is no server
  [[nodiscard]] server_handler& handler() const;
  template <class H>
  [[nodiscard]] H& handler_as() const {
    return dynamic_cast<H&>(handler());
  }
  [[nodiscard]] const std::string& path() const;
  [[nodiscard]] data_type type() const;
  /// The worker that owns the server, by name.
  [[nodiscard]] const std::string& owner() const;

  /// What may be kept and used from anywhere.
  [[nodiscard]] server_ref ref() const;

private:
  friend class detail::server_core;
  struct inside {};
  websocket_server(inside, std::shared_ptr<detail::server_core> core) noexcept;
  [[nodiscard]] detail::server_core& here() const;

  std::shared_ptr<detail::server_core> core_;
  bool owns_ = false;
};

} // namespace callsign
