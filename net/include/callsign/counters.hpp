/// \file
/// What is counted.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace callsign {

/// Everything a network counts, each once.
enum class counter : unsigned char {
  lines_accepted,             ///< sockets
  lines_refused_full,         ///< over `max_lines`
  lines_refused_address_full, ///< over `max_lines_per_address`
  lines_lost_to_descriptors,  ///< closed at once: the process may open no more files
  requests_answered,
  answers_cut,   ///< the client did not read, or the file became shorter
  requests_bad,  ///< 4xx before routing: what came was no good HTTP
  requests_late, ///< the request deadline passed
  upgrades_asked,
  refused_origin,
  refused_version,
  refused_upgrade,      ///< a bad WebSocket handshake
  refused_full,         ///< `max_connections`
  refused_address_full, ///< `max_per_address`
  refused_by_handler,
  refused_by_exception,
  refused_late,     ///< the admission deadline passed
  refused_stopping, ///< the server is ending
  requester_gone,   ///< the client left before it was asked about
  connections_opened,
  connections_closed,
  closed_by_client,
  closed_by_server,
  closed_line_lost,
  closed_heartbeat,
  closed_protocol_error,
  closed_invalid_utf8,
  closed_message_too_big,
  closed_too_many_fragments,
  closed_message_late,
  closed_overflow,
  closed_budget,
  closed_close_deadline, ///< the client did not answer our Close
  messages_received,
  messages_dropped_json,   ///< data type `object`, and no JSON
  messages_dropped_by_end, ///< the worker or server was ending
  messages_sent,           ///< put into an outbox
  messages_dropped_overflow_newest,
  messages_dropped_overflow_oldest,
  messages_dropped_closed, ///< sent to a connection that was closing or closed
  messages_dropped_unsent, ///< queued when the line was cut
  broadcasts,
  handler_exceptions,
  pings_sent,
  count_
};

[[nodiscard]] std::string_view to_string(counter which) noexcept;

struct counter_values {
  std::array<std::uint64_t, static_cast<std::size_t>(counter::count_)> all{};
  [[nodiscard]] std::uint64_t operator[](counter which) const noexcept {
    return all[static_cast<std::size_t>(which)];
  }
};

} // namespace callsign
