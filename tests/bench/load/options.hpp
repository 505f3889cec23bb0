#pragma once

#include "wire/socket.hpp"

#include <cstddef>
#include <cstdint>
#include <string>

namespace bench {

/// What the generator does to the server.
enum class load_mode { broadcast, rate, echo, idle, churn };

/// Whom the server is expected to relay a message to.
enum class audience { everybody, everybody_else };

/// What `callsign-load` was asked to do.
struct load_options {
  load_mode mode = load_mode::broadcast;
  wire::target to;
  std::string url;
  /// A label for the report.
  std::string name;
  std::size_t connections = 100;
  std::size_t publishers = 1;
  /// @units  messages a publisher or echo connection has under way at most
  std::size_t window = 1;
  /// @units  bytes, at least 16
  std::size_t payload = 64;
  audience heard_by = audience::everybody;
  /// @units  messages per second of all publishers together
  double rate = 250;
  /// @units  seconds before and during the measurement
  double warmup = 0.3;
  double duration = 1.0;
  /// @units  messages in all; 0 goes by time. By count, there is no warm-up
  std::uint64_t messages = 0;
  /// @units  seconds without any delivery after which what is missing counts as lost
  double patience = 5;
  /// @units  clients on top that never read
  std::size_t stalled = 0;
  /// @units  source addresses from 127.0.0.1 on; 0 leaves it to the kernel
  std::uint32_t sources = 0;
  /// The server's process, whose processor time is read at both ends of the measurement; 0 is none.
  int server_process = 0;
  /// Whether texts that are not of this run (a chat's notices) are let pass and counted.
  bool are_notices_allowed = false;
  /// Whether what is said and heard is kept and checked as a whole; see `promise_watch`.
  bool are_promises_watched = false;
  /// What every client must hear first; empty: nothing.
  std::string greeting;
  /// Whether each connection of a churn run also has one message echoed.
  bool is_churn_echoing = false;
};

/// What `--help` prints.
extern const char* const load_usage;

/// Reads the command line.
///
/// @errors  `std::invalid_argument` that names the argument
load_options read_load_options(int count, const char* const* words);

/// The word for a mode, as on the command line.
const char* to_word(load_mode mode);

} // namespace bench
