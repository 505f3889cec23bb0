#include "app/program/values.hpp"

#include "app/program/bad_argument.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <limits>
#include <optional>
#include <string_view>
#include <system_error>

namespace program {

namespace {

std::string in_quotes(std::string_view word) { return '"' + std::string{word} + '"'; }

template <class Number>
std::optional<Number> whole(std::string_view word) {
  Number value{};
  const char* end = word.data() + word.size();
  const auto [stop, failed] = std::from_chars(word.data(), end, value);
  if (failed != std::errc{} || stop != end)
    return std::nullopt;
  return value;
}

bool is_hexadecimal(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

bool has_broken_escape(std::string_view path) {
  for (auto at = path.find('%'); at != path.npos; at = path.find('%', at + 1)) {
    if (at + 2 >= path.size() || !is_hexadecimal(path[at + 1]) || !is_hexadecimal(path[at + 2]))
      return true;
  }
  return false;
}

bool has_dots_for_a_segment(std::string_view path) {
  while (!path.empty()) {
    path.remove_prefix(1); // the slash
    const std::string_view segment = path.substr(0, path.find('/'));
    if (segment == "." || segment == "..")
      return true;
    path.remove_prefix(segment.size());
  }
  return false;
}

} // namespace

std::uint16_t read_port(const std::string& word) {
  if (const auto port = whole<std::uint16_t>(word))
    return *port;
  throw bad_argument{in_quotes(word) +
                     " is no port; give a number from 1 to 65535, or 0 for any free port"};
}

std::size_t read_count(const std::string& word, std::size_t least, std::size_t most) {
  if (const auto count = whole<std::size_t>(word); count && *count >= least && *count <= most)
    return *count;
  throw bad_argument{in_quotes(word) + " does not do; give a whole number from " +
                     std::to_string(least) + " to " + std::to_string(most)};
}

std::size_t read_size(const std::string& word) {
  constexpr std::size_t most = std::size_t{1024} * 1024 * 1024;
  std::string_view digits = word;
  std::size_t unit = 1;
  if (!digits.empty()) {
    switch (digits.back()) {
    case 'k':
    case 'K': unit = 1024; break;
    case 'm':
    case 'M': unit = std::size_t{1024} * 1024; break;
    default: break;
    }
    if (unit != 1)
      digits.remove_suffix(1);
  }
  if (const auto size = whole<std::size_t>(digits); size && *size >= 1 && *size <= most / unit)
    return *size * unit;
  throw bad_argument{
      in_quotes(word) +
      " is no size; give bytes such as 65536, or 64K, or 4M: at least 1 and at most 1024M"};
}

std::chrono::milliseconds read_seconds(const std::string& word) {
  constexpr double most = 24 * 60 * 60;
  if (const auto seconds = whole<double>(word); seconds && *seconds >= 0 && *seconds <= most)
    return std::chrono::milliseconds{static_cast<std::int64_t>(std::ceil(*seconds * 1000))};
  throw bad_argument{in_quotes(word) +
                     " does not do; give seconds from 0 to 86400, such as 20 or 0.5"};
}

callsign::address_range read_range(const std::string& word) {
  try {
    return callsign::address_range{word};
  } catch (const std::invalid_argument& error) {
    throw bad_argument{error.what() +
                       std::string{"; give one such as 192.0.2.7, 10.0.0.0/8 or ::1"}};
  }
}

std::string read_address(const std::string& word) {
  const auto refuse = [&word] {
    return bad_argument{
        in_quotes(word) +
        " is no IP address; give one such as 127.0.0.1 or ::1, or 0.0.0.0 for all of IPv4"};
  };
  if (word.find('/') != word.npos)
    throw refuse();
  try {
    const callsign::address_range only_to_see_if_it_is_one{word};
  } catch (const std::invalid_argument&) {
    throw refuse();
  }
  return word;
}

std::string read_path(const std::string& word) {
  if (!word.starts_with('/'))
    throw bad_argument{in_quotes(word) + " is no path; it begins with a slash, such as /chat"};
  if (word.find("//") != word.npos || word.find_first_of("?#\\") != word.npos ||
      std::ranges::any_of(word, [](unsigned char c) { return c < 0x20 || c == 0x7f; }))
    throw bad_argument{
        in_quotes(word) +
        " is no path for a WebSocket; leave out ?, #, backslashes and double slashes, as in /chat"};
  if (has_broken_escape(word))
    throw bad_argument{
        in_quotes(word) +
        " is no path; a % needs two hexadecimal digits behind it, or write it as %25"};
  if (word.find("%00") != word.npos)
    throw bad_argument{in_quotes(word) + " is no path; leave out %00, which no client can ask for"};
  if (has_dots_for_a_segment(word))
    throw bad_argument{in_quotes(word) +
                       " is no path for a WebSocket; browsers resolve . and .. before they ask"};
  if (const auto star = word.find('*');
      star != word.npos && (star + 1 != word.size() || word[star - 1] != '/'))
    throw bad_argument{
        in_quotes(word) +
        " has a * in the wrong place; it stands behind the last slash, as in /rooms/*"};
  return word;
}

std::string read_folder(const std::string& word) {
  std::error_code failed;
  const auto found = std::filesystem::status(word, failed);
  if (found.type() == std::filesystem::file_type::not_found)
    throw bad_argument{in_quotes(word) + " does not exist; give the folder that holds the page"};
  if (failed)
    throw bad_argument{in_quotes(word) + " cannot be looked at (" + failed.message() +
                       "); give a folder that this user may read"};
  if (!std::filesystem::is_directory(found))
    throw bad_argument{in_quotes(word) + " is no folder; give the folder that holds the page"};
  return word;
}

std::string read_file_name(const std::string& word) {
  if (word.empty())
    throw bad_argument{"the name is empty; give the name of a file"};
  return word;
}

std::string read_origin(const std::string& word) {
  if (word == "*")
    return word;
  const auto mark = word.find("://");
  if (mark == word.npos || mark == 0 || mark + 3 == word.size() ||
      word.find_first_of("/?#*@ \\", mark + 3) != word.npos)
    throw bad_argument{in_quotes(word) + " is no origin; give scheme, host and perhaps port, such "
                                         "as https://example.org, or * for all"};
  return word;
}

callsign::log_level read_level(const std::string& word) {
  if (word == "debug")
    return callsign::log_level::debug;
  if (word == "info")
    return callsign::log_level::info;
  if (word == "warning")
    return callsign::log_level::warning;
  if (word == "error")
    return callsign::log_level::error;
  throw bad_argument{in_quotes(word) + " is no level; give debug, info, warning or error"};
}

callsign::callbacks read_placement(const std::string& word) {
  if (word == "worker")
    return callsign::callbacks::in_worker;
  if (word == "connection")
    return callsign::callbacks::in_connection;
  throw bad_argument{in_quotes(word) + " is no placement; give worker or connection"};
}

callsign::io_backend read_backend(const std::string& word) {
  if (word == "auto")
    return callsign::io_backend::automatic;
  if (word == "epoll")
    return callsign::io_backend::epoll;
  if (word == "io_uring")
    return callsign::io_backend::io_uring;
  throw bad_argument{in_quotes(word) + " is not known; give auto, epoll or io_uring"};
}

} // namespace program
