#include "app/program/settings.hpp"

#include <algorithm>
#include <utility>

namespace program {

namespace {

constexpr std::size_t mebibyte = std::size_t{1024} * 1024;

} // namespace

callsign::web_server_options settings::web_options(const own_page& page) const {
  callsign::web_server_options web{.port = port, .addresses = addresses, .root = root};
  if (root.empty()) {
    web.files = page.files;
    web.headers = page.headers;
  }
  // Pages are asked for on lines of their own, beside the connections.
  web.max_lines = std::max(web.max_lines, max_connections + 1'000);
  web.max_lines_per_address = std::max(web.max_lines / 2, max_per_address + 1'000);
  return web;
}

callsign::server_options settings::server_options() const {
  callsign::server_options server{
      .path = path,
      .type = callsign::data_type::as_received,
      .placement = placement,
      .origins = origins,
      .max_message_bytes = max_message,
      .max_fragments = max_fragments,
      .max_queued_bytes = max_queued.value_or(std::max(mebibyte, max_message)),
      .max_undelivered_bytes = std::max(mebibyte, max_message),
      .max_connections = max_connections,
      .max_per_address = max_per_address,
      .ping_after = ping,
  };
  return server;
}

callsign::network_options settings::network_options(callsign::log_sink log) const {
  callsign::network_options io{.io_threads = io_threads, .backend = backend, .log = std::move(log)};
  io.record = record;
  auto& hidden = io.record.hidden_headers;
  hidden.insert(hidden.end(), more_hidden_headers.begin(), more_hidden_headers.end());
  // Room for a few of the largest messages on their way in and out at the same time.
  io.max_buffered_bytes = std::max(io.max_buffered_bytes, 8 * max_message);
  return io;
}

} // namespace program
