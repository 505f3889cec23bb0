/// \file
/// Everything a program can be told on its command line, as values.
#pragma once

#include "app/program/guest_list.hpp"

#include <callsign/network.hpp>
#include <callsign/web_server.hpp>
#include <callsign/websocket_server.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace program {

/// The page of a program that brings its own; `--root` replaces it.
struct own_page {
  std::vector<callsign::memory_file> files;
  std::vector<std::pair<std::string, std::string>> headers; ///< that go with each file
};

/// The defaults are those of both programs; `--help` describes each flag.
struct settings {
  std::uint16_t port = 8080;
  std::vector<std::string> addresses{"127.0.0.1"};
  std::string path; ///< empty: every path
  std::string root; ///< empty: the program's own page, if it has one

  guest_list guests;
  std::vector<std::string> origins;

  std::string log_file; ///< empty: standard error
  callsign::log_level log_level = callsign::log_level::info;

  callsign::callbacks placement = callsign::callbacks::in_worker;
  std::size_t io_threads = 0; ///< zero: half the cores
  callsign::io_backend backend = callsign::io_backend::automatic;

  std::size_t max_message = std::size_t{64} * 1024;
  std::size_t max_fragments = 1024;
  std::optional<std::size_t> max_queued; ///< not given: enough for the largest message
  std::size_t max_connections = 10'000;
  std::size_t max_per_address = 1'000;
  std::chrono::milliseconds ping{20'000}; ///< zero: off

  callsign::record_options record; ///< without a file: off
  std::vector<std::string> more_hidden_headers; ///< beside those that are hidden by default

  /// The same in the library's terms.
  [[nodiscard]] callsign::web_server_options web_options(const own_page& page = {}) const;
  [[nodiscard]] callsign::server_options server_options() const;
  [[nodiscard]] callsign::network_options network_options(callsign::log_sink log) const;
};

} // namespace program
