#include <callsign/testkit/recording.hpp>

#include "net/src/door/recorder.hpp"
#include "tests/kit/src/record/notes.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <exception>
#include <fstream>
#include <sstream>

namespace callsign::testkit {

namespace json = boost::json;

namespace {

std::string string_of(const json::value& what) {
  const auto& text = what.get_string();
  return {text.data(), text.size()};
}

/// Two digits each, as `parse` has seen to.
std::string bytes_of(std::string_view digits) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2) {
    unsigned char byte = 0;
    std::from_chars(digits.data() + i, digits.data() + i + 2, byte, 16);
    bytes += static_cast<char>(byte);
  }
  return bytes;
}

bool is_hex(std::string_view digits) {
  return digits.size() % 2 == 0 &&
         digits.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
}

/// One line as an object, or nothing.
std::optional<json::object> object_of(std::string_view line) {
  json::error_code failed;
  auto value = json::parse(json::string_view{line.data(), line.size()}, failed);
  if (failed || !value.is_object())
    return std::nullopt;
  return std::move(value.as_object());
}

void read_header(const note& first, recording::parts& into) {
  constexpr std::string_view mark = "callsign-recording";
  if (!first.has(mark))
    throw script_error{into.file, 1, 1, "this is no recording: it does not begin as one"};
  const auto format = first.number(mark);
  if (format == 0 || format > door::recording_format) {
    throw script_error{into.file, 1, 1,
                       "this recording has format " + std::to_string(format) +
                           ", and this program reads format " +
                           std::to_string(door::recording_format) +
                           ": use the callsign-script of the version " + first.text("version")};
  }
  into.program = first.text("program");
  into.version = first.text("version");
  into.arguments = first.texts("arguments");
  into.io_threads = std::max<std::size_t>(1, first.number("io_threads"));
  into.max_buffered_bytes = first.number("max_buffered_bytes");
  into.seed = first.number("seed");
  into.hides = {first.texts("hidden_fields"), first.texts("hidden_headers"),
                first.has("hides_messages")};
}

} // namespace

std::string note::text(std::string_view name) const {
  const auto* found = members.if_contains(name);
  return found != nullptr && found->is_string() ? string_of(*found) : std::string{};
}

std::uint64_t note::number(std::string_view name) const {
  const auto* found = members.if_contains(name);
  return found == nullptr     ? 0
         : found->is_uint64() ? found->get_uint64()
         : found->is_int64() && found->get_int64() > 0
             ? static_cast<std::uint64_t>(found->get_int64())
             : 0;
}

std::vector<std::string> note::texts(std::string_view name) const {
  std::vector<std::string> all;
  const auto* found = members.if_contains(name);
  if (found == nullptr || !found->is_array())
    return all;
  for (const auto& one : found->get_array())
    all.push_back(one.is_string() ? string_of(one) : std::string{});
  return all;
}

std::string note::message() const { return is_text() ? text("text") : bytes_of(text("binary")); }

std::string name_of_client(std::uint32_t number) {
  constexpr std::array names{"ana", "bob", "eve"};
  return number >= 1 && number <= names.size() ? names[number - 1]
                                               : "client" + std::to_string(number);
}

recording recording::load(const std::string& file) {
  std::ifstream in{file, std::ios::binary};
  std::ostringstream text;
  if (!in || !(text << in.rdbuf()))
    throw script_error{file, 0, 0, "there is no such recording, or nothing in it"};
  return parse(text.str(), file);
}

recording recording::parse(std::string_view text, std::string file) {
  auto all = std::make_shared<parts>();
  all->file = std::move(file);
  std::size_t number = 0;
  for (auto end = text.find('\n'); end != std::string_view::npos; end = text.find('\n')) {
    const auto line = text.substr(0, end);
    text.remove_prefix(end + 1);
    ++number;
    auto members = object_of(line);
    if (!members)
      throw script_error{all->file, number, 1,
                         number == 1 ? "this is no recording: it does not begin as one"
                                     : "this line is none of a recording: it was changed"};
    note one{number, std::move(*members)};
    if (!is_hex(one.text("binary")))
      throw script_error{all->file, number, 1,
                         "these bytes are no hexadecimal digits: it was changed"};
    if (number == 1)
      read_header(one, *all);
    else
      all->notes.push_back(std::move(one));
  }
  if (number == 0)
    throw script_error{all->file, 1, 1, "this is no recording: it does not begin as one"};
  all->is_whole = !all->notes.empty() && all->notes.back().what() == "ends";
  return recording{std::move(all)};
}

bool recording::parts::has_worker() const {
  return std::ranges::any_of(notes, [](const note& one) {
    return one.what() == "runs" && one.has("client") && one.text("kind") != "requested";
  });
}

bool recording::has_whole_order() const noexcept {
  return parts_->io_threads == 1 || clients() < 2 || parts_->has_worker();
}

const std::string& recording::program() const noexcept { return parts_->program; }
const std::string& recording::version() const noexcept { return parts_->version; }
const std::vector<std::string>& recording::arguments() const noexcept { return parts_->arguments; }
bool recording::is_whole() const noexcept { return parts_->is_whole; }
std::size_t recording::lines() const noexcept { return parts_->notes.size() + 1; }

std::size_t recording::clients() const noexcept {
  return static_cast<std::size_t>(
      std::ranges::count_if(parts_->notes, [](const note& one) { return one.what() == "asks"; }));
}

void replays(const std::string& file, const application& with, std::source_location where) {
  try {
    if (const auto wrong = recording::load(file).replay(with))
      ADD_FAILURE_AT(wrong->file.c_str(), static_cast<int>(wrong->line)) << wrong->text;
  } catch (const std::exception& wrong) {
    // No recording; or the program does not take the words it was started with then.
    ADD_FAILURE_AT(where.file_name(), static_cast<int>(where.line())) << wrong.what();
  }
}

} // namespace callsign::testkit
