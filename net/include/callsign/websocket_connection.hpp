/// \file
/// Our end of one client's line.
#pragma once

#include <callsign/events.hpp>
#include <callsign/message.hpp>
#include <callsign/request.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace callsign {

namespace detail {
class connection_core;
}

class connection_handler;
class websocket_server;

/// @source rule C-2; 4D `status`
enum class connection_status : unsigned char { connected, closing, closed };

/// "Connected", "Closing", "Closed", as 4D spells them.
[[nodiscard]] std::string_view to_string(connection_status status) noexcept;

/// What became of a `send`. Nothing has to be done about it. @source rule C-6
enum class send_result : unsigned char {
  queued,    ///< will go out
  pressured, ///< will go out, but the client is slow: its queue is over the high-water mark
  dropped,   ///< the queue is full; the overflow rule of the server decides what else happens
  closed,    ///< the connection is closing or closed; ignored (rule C-10)
};

/// Designates one connection of one server; from 0, never used twice in a server's life. @source
/// rule C-1
using connection_id = std::uint64_t;

/// The address of a connection: small, copyable, usable from anywhere, safe after the client is
/// gone.
/// @context any thread; never blocks
class connection_ref {
public:
  connection_ref() noexcept = default;
  explicit connection_ref(std::shared_ptr<detail::connection_core> core) noexcept
      : core_{std::move(core)} {}

  [[nodiscard]] explicit operator bool() const noexcept { return core_ != nullptr; }
  [[nodiscard]] connection_id id() const noexcept;
  [[nodiscard]] connection_status status() const noexcept;
  send_result send(std::string_view text) const;
  send_result send(const char* text) const { return send(std::string_view{text}); }
  send_result send(const std::string& text) const { return send(std::string_view{text}); }
  send_result send(const message& what) const;
  /// As `websocket_connection::queued_bytes`; 0 once the client is gone.
  [[nodiscard]] std::size_t queued_bytes() const noexcept;
  void terminate() const;
  void terminate(int code, std::string_view reason = {}) const;

  friend bool operator==(const connection_ref& a, const connection_ref& b) noexcept = default;

private:
  std::shared_ptr<detail::connection_core> core_;
};

/// One connection, as its callbacks and the server's callbacks see it. Keep `ref()`, not this.
///
/// @context  `send`, `queued_bytes`, `terminate`, `id`, `status`: any thread; the rest: where the
///           connection's callbacks run
/// @source   4D WebSocketConnection (rules C-1 to C-16)
class websocket_connection {
public:
  explicit websocket_connection(detail::connection_core& core) noexcept : core_{core} {}
  websocket_connection(const websocket_connection&) = delete;
  websocket_connection& operator=(const websocket_connection&) = delete;

  [[nodiscard]] connection_id id() const noexcept;
  [[nodiscard]] connection_status status() const noexcept;

  /// Queues one text message for the client and says what became of it.
  ///
  /// @units    UTF-8 bytes; the queue holds at most `server_options::max_queued_bytes`
  /// @order    messages and broadcasts sent from one place arrive in the order they were sent
  /// @errors   `std::invalid_argument` if `text` is not UTF-8; a closed connection answers
  /// `send_result::closed`
  /// @source   4D WebSocketConnection.send(); RFC 6455 section 5.6
  send_result send(std::string_view text);
  send_result send(const char* text) { return send(std::string_view{text}); }
  send_result send(const std::string& text) { return send(std::string_view{text}); }
  /// The same for a message as it is: text as a text frame, binary as a binary frame.
  send_result send(const message& what);
  /// How much waits for this client: sent or broadcast to it, and not yet written to its line.
  ///
  /// @units    bytes of messages and their frame heads; `server_options::max_queued_bytes` limits
  ///           them
  /// @order    what is sent counts at once; a broadcast counts when its I/O thread gets to it
  /// @source   rule C-9
  [[nodiscard]] std::size_t queued_bytes() const noexcept;

  /// Closes without a code. What was sent before still goes out.
  void terminate();
  /// Closes with a code and a reason, which is cut to 123 bytes at a character.
  ///
  /// @units   1000, 1001, 1008, 1011 to 1013, 3000 to 4999; with `close_codes::strict` only codes
  ///          above 3000. Any other code closes without code and reason.
  /// @source  rules C-13 to C-16
  void terminate(int code, std::string_view reason = {});

  /// The handler that `on_connection` gave; cast it to your own class with `handler_as`.
  [[nodiscard]] connection_handler& handler() const noexcept;
  template <class H>
  [[nodiscard]] H& handler_as() const {
    return dynamic_cast<H&>(handler());
  }

  /// The server this connection belongs to. @source 4D `wss`
  [[nodiscard]] websocket_server& server() const noexcept;
  /// The request by which the client came in.
  [[nodiscard]] const callsign::request& request() const noexcept;
  /// The subprotocol that was agreed on; empty if none.
  [[nodiscard]] std::string_view subprotocol() const noexcept;

  /// What may be kept and used from anywhere.
  [[nodiscard]] connection_ref ref() const;

private:
  detail::connection_core& core_;
};

} // namespace callsign
