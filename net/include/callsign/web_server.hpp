/// \file
/// The web server on whose port WebSocket servers ride.
#pragma once

#include <callsign/error.hpp>
#include <callsign/network.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace callsign {

namespace detail {
class web_core;
}

/// A file served from memory.
struct memory_file {
  std::string_view path;         ///< "/chat.css"
  std::string_view content;      ///< must outlive the web server
  std::string_view content_type; ///< empty: by the path's ending
};

/// Every option has a default; sizes are bytes, a duration of zero switches the rule off.
/// @source 4D web server settings (section 5.2 of the 4D rules), as far as the house serves them
struct web_server_options {
  /// Zero takes a free port, the same for every address; `port()` tells which.
  std::uint16_t port = 80;
  /// Bound one by one; any that fails fails the start (rule H-9). Empty: all of IPv4 and all of
  /// IPv6.
  std::vector<std::string> addresses;
  /// The folder to serve; nothing above it can be reached. Empty: no folder.
  std::string root;
  /// Served before the folder.
  std::vector<memory_file> files;
  /// Served for `/` and for folders; empty: 404.
  std::string index = "index.html";
  /// Added to every answer with a file, such as a Content-Security-Policy.
  std::vector<std::pair<std::string, std::string>> headers;
  /// The `Server` header; empty: none.
  std::string server_name = "callsign";

  std::size_t max_head_bytes = 8 * 1024;   ///< request line and headers; over it: 431
  std::size_t max_headers = 100;           ///< over it: 431
  std::size_t max_body_bytes = 64 * 1024;  ///< over it: 413
  std::size_t max_requests_per_line = 100; ///< keep-alive
  std::size_t max_lines = 20'000; ///< accepted sockets of all kinds; over it: 503 and closed
  /// Of those, from one IPv4 address or one IPv6 network of 64 bits. Zero: half of `max_lines`, so
  /// that nobody alone can take them all. Behind a proxy, which is one address: `max_lines`.
  std::size_t max_lines_per_address = 0;
  std::chrono::milliseconds request_deadline{
      5'000}; ///< from the first wait for a request to its last byte
  std::chrono::milliseconds answer_deadline{30'000}; ///< for a client to read some of its answer
  std::chrono::milliseconds idle_deadline{15'000};   ///< between requests of one line
  std::chrono::milliseconds stop_deadline{2'000};    ///< for requests in progress at `stop`
};

/// @source rules H-1 and H-2
struct start_result {
  bool success = false;
  std::vector<error> errors;
  explicit operator bool() const noexcept { return success; }
};

/// The address of a web server; safe after its end.
/// @context any thread
class web_server_ref {
public:
  web_server_ref() = default;
  explicit web_server_ref(std::shared_ptr<detail::web_core> core) : core_{std::move(core)} {}
  [[nodiscard]] bool is_running() const noexcept;
  /// The port in use, or 0.
  [[nodiscard]] std::uint16_t port() const;
  /// As `web_server::urls`.
  [[nodiscard]] std::vector<std::string> urls() const;
  /// As `web_server::stop`, but returns at once and may be called in a worker.
  void stop() const;
  [[nodiscard]] const std::shared_ptr<detail::web_core>& core() const noexcept { return core_; }

private:
  std::shared_ptr<detail::web_core> core_;
};

/// Serves files over HTTP/1.1 and lets WebSocket servers ride on its port.
///
/// @context  any thread but the I/O threads
/// @source   4D WebServer (rules H-1 to H-6, H-9 to H-12)
class web_server {
public:
  /// With a network of its own.
  web_server(workers& set, web_server_options options = {}, network_options io = {});
  /// On a network that several web servers share.
  web_server(network& shared, web_server_options options = {});
  web_server(const web_server&) = delete;
  web_server& operator=(const web_server&) = delete;
  /// As `stop`.
  ~web_server();

  /// Begins to listen. `for_now` replaces the stored options until `stop` (rule H-3).
  ///
  /// @errors  in the result: already running (H-2), an address or port that could not be taken
  ///          (each of them), a root that is no folder, an option out of its range
  start_result start(std::optional<web_server_options> for_now = std::nullopt);

  /// Refuses new requests, lets those in progress finish, terminates every WebSocket server riding
  /// here, closes all lines. On a stopped server: nothing. @source rules H-4, S-30
  ///
  /// @context  in a worker: begins the stop and returns at once; elsewhere: blocks until the end
  void stop();

  [[nodiscard]] bool is_running() const noexcept;
  /// The options in use, or those of the next start (rule H-5).
  [[nodiscard]] web_server_options options() const;
  /// The port in use, or 0.
  [[nodiscard]] std::uint16_t port() const;
  /// "http://127.0.0.1:8080/", one for each address in use.
  [[nodiscard]] std::vector<std::string> urls() const;
  /// What its network has counted.
  [[nodiscard]] counter_values counters() const;
  [[nodiscard]] web_server_ref ref() const { return web_server_ref{core_}; }

private:
  std::unique_ptr<network> own_;
  std::shared_ptr<detail::web_core> core_;
};

} // namespace callsign
