/// \file
/// How the words of a command line become values.
///
/// Each function answers the value, or throws `bad_argument` with a text that says what is wrong
/// with the word and what would be right. The caller puts the flag in front of it.
#pragma once

#include <callsign/address_range.hpp>
#include <callsign/network.hpp>
#include <callsign/websocket_server.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

namespace program {

[[nodiscard]] std::uint16_t read_port(const std::string& word);

/// A whole number from `least` to `most`.
[[nodiscard]] std::size_t read_count(const std::string& word, std::size_t least, std::size_t most);

/// @units  bytes; K and M stand for 1024 and 1024 × 1024; from 1 byte to 1024 M
[[nodiscard]] std::size_t read_size(const std::string& word);

/// @units  seconds, fractions allowed, up to a day; zero is zero, anything else at least one
/// millisecond
[[nodiscard]] std::chrono::milliseconds read_seconds(const std::string& word);

/// An IP address to listen on, without range.
[[nodiscard]] std::string read_address(const std::string& word);

[[nodiscard]] callsign::address_range read_range(const std::string& word);

/// The path of a WebSocket server. Only what a page can ask for unchanged: a browser would take
/// `//x` for a host, and resolves dots, backslashes, `?` and `#` by itself.
[[nodiscard]] std::string read_path(const std::string& word);

[[nodiscard]] std::string read_folder(const std::string& word);

/// The name of a file that need not exist yet.
[[nodiscard]] std::string read_file_name(const std::string& word);

/// `https://example.org`, as browsers send it, or `*`.
[[nodiscard]] std::string read_origin(const std::string& word);

[[nodiscard]] callsign::log_level read_level(const std::string& word);

[[nodiscard]] callsign::callbacks read_placement(const std::string& word);

[[nodiscard]] callsign::io_backend read_backend(const std::string& word);

} // namespace program
