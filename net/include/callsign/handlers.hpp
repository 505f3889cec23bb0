/// \file
/// The classes that applications derive from.
#pragma once

#include <callsign/events.hpp>
#include <callsign/message.hpp>
#include <callsign/request.hpp>

#include <concepts>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>

namespace callsign {

class websocket_connection;
class websocket_server;

/// Speaks for one client, or for several when it is given to several.
///
/// Order, for each connection: `on_open` once; `on_message` any number of times; `on_error` any
/// number of times, at most one of them fatal; `on_terminate` exactly once and last, on every path.
/// An exception in `on_message` or `on_open` is reported through `on_error` and the connection
/// stays; one in `on_error` or `on_terminate` goes to the worker's error handler only, or, with
/// `callbacks::in_connection`, to the general one (`workers::on_error`), which then runs on an I/O
/// thread.
///
/// @context  the worker that owns the server; with `callbacks::in_connection`, the connection's own
/// actor
/// @source   4D WebSocketConnection handler (rules C-17 to C-22)
class connection_handler {
public:
  connection_handler() = default;
  connection_handler(const connection_handler&) = delete;
  connection_handler& operator=(const connection_handler&) = delete;
  virtual ~connection_handler() = default;

  /// The client is in: it is in `connections()`, and what is sent here is the first it hears.
  virtual void on_open(websocket_connection& ws);
  /// A complete message arrived.
  virtual void on_message(websocket_connection& ws, const message& heard) = 0;
  /// Something went wrong; if `what.is_fatal`, `on_terminate` follows.
  virtual void on_error(websocket_connection& ws, const error_event& what);
  /// The client is gone: its status is closed and it has left `connections()`.
  virtual void on_terminate(websocket_connection& ws, const termination& how);
};

/// A refusal: the client gets this HTTP status, and no connection ever exists.
struct refusal {
  int status = 403;
  std::string why; ///< shown to the client in the answer's body
};

[[nodiscard]] inline refusal refuse(int status = 403, std::string why = {}) {
  return {status, std::move(why)};
}

/// The answer of `on_connection`: a handler, or a refusal. Nothing (a null pointer) refuses with
/// 403.
/// @source rules S-13, S-14, S-19
class admission {
public:
  admission(std::nullptr_t) {}
  admission(refusal why) : why_{std::move(why)} {}
  template <std::derived_from<connection_handler> H>
  admission(std::unique_ptr<H> handler) : handler_{std::move(handler)} {}
  template <std::derived_from<connection_handler> H>
  admission(std::shared_ptr<H> handler) : handler_{std::move(handler)} {}

  [[nodiscard]] bool is_admitted() const noexcept { return handler_ != nullptr; }
  [[nodiscard]] const std::shared_ptr<connection_handler>& handler() const noexcept {
    return handler_;
  }
  [[nodiscard]] const refusal& why_not() const noexcept { return why_; }

private:
  std::shared_ptr<connection_handler> handler_;
  refusal why_;
};

/// Decides who comes in, and hears of the server's own life.
///
/// Order: `on_open` once; `on_connection` and `on_error` any number of times; `on_terminate` once,
/// last. An exception in `on_connection` refuses the client (500) and is reported through
/// `on_error`.
///
/// @context  the worker that owns the server, always
/// @source   4D WebSocketServer handler (rules S-6 to S-9, S-12 to S-17)
class server_handler {
public:
  server_handler() = default;
  server_handler(const server_handler&) = delete;
  server_handler& operator=(const server_handler&) = delete;
  virtual ~server_handler() = default;

  /// The server has started; runs behind the task that made it.
  virtual void on_open(websocket_server& wss);
  /// A client asks to come in.
  virtual admission on_connection(websocket_server& wss, const request& asked) = 0;
  virtual void on_error(websocket_server& wss, const error_event& what);
  /// The server or its web server was stopped. Not called when a client leaves (rule S-8).
  virtual void on_terminate(websocket_server& wss);
};

} // namespace callsign
