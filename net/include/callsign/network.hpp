/// \file
/// The I/O threads that web servers share.
#pragma once

#include <callsign/counters.hpp>
#include <callsign/recording.hpp>
#include <callsign/workers.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <string_view>

namespace callsign {

namespace detail {
class network_core;
}

enum class log_level : unsigned char { debug, info, warning, error };

/// Hears one line, without a line end. Text from outside has its control characters escaped.
/// @context any thread, one call at a time for each thread; must not block: an I/O thread waits for
/// it
using log_sink = std::function<void(log_level, std::string_view)>;

/// How the I/O threads read and write the lines of WebSockets.
enum class io_backend : unsigned char {
  /// `io_uring`, or `epoll` where the kernel has none or forbids it; the log says so once, as
  /// information.
  automatic,
  epoll,
  /// The same, but the log warns.
  io_uring,
};

struct network_options {
  /// Zero: half the cores, at least 1.
  std::size_t io_threads = 0;
  io_backend backend = io_backend::automatic;
  /// For outboxes and half-received messages of all connections together; above it the heaviest
  /// backlog is closed with 1013.
  std::size_t max_buffered_bytes = 256 * 1024 * 1024;
  /// Default: warnings and errors, one line each, on stderr; what finds no room there is lost and
  /// counted.
  log_sink log;
  /// Writes down everything that comes and goes, so that it can be played again; off unless a file
  /// is named.
  record_options record = {};
};

/// I/O threads, their actors, and their counters.
/// @context any thread
class network {
public:
  /// @errors `failure` if a recording is asked for and its file exists or cannot be written, or if
  /// another network of these workers has been recorded
  explicit network(workers& set, network_options options = {});
  explicit network(std::shared_ptr<detail::network_core> core);
  network(const network&) = delete;
  network& operator=(const network&) = delete;
  ~network();

  /// What was counted since the start. Nothing is dropped without a counter.
  [[nodiscard]] counter_values counters() const;
  [[nodiscard]] const std::shared_ptr<detail::network_core>& core() const noexcept { return core_; }

private:
  std::shared_ptr<detail::network_core> core_;
};

} // namespace callsign
