/// \file
/// A client over a socket. It waits with poll, and every wait has a limit.
#pragma once

#include "tests/kit/src/memory/sound.hpp"

#include <callsign/testkit/client.hpp>
#include <callsign/testkit/promises.hpp>

#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace callsign::testkit {

/// Where a ws:// address leads.
struct wire_target {
  std::string host;
  std::uint16_t port = 80;
  std::string path; ///< without the slash at its end
};

/// Nothing if it is no such address.
[[nodiscard]] std::optional<wire_target> target_of(std::string_view url);

/// @context one thread
class wire_line {
public:
  using clock = std::chrono::steady_clock;

  /// Dials and asks; `heard` gets the answer.
  wire_line(const wire_target& to, const visitor& who, std::chrono::milliseconds patience);
  ~wire_line();
  wire_line(const wire_line&) = delete;
  wire_line& operator=(const wire_line&) = delete;

  /// Nobody listens there.
  [[nodiscard]] bool found_nobody() const noexcept { return fd_ < 0 && !was_open_; }
  [[nodiscard]] bool is_admitted() const noexcept { return is_admitted_; }
  [[nodiscard]] bool is_over() const noexcept { return fd_ < 0; }
  [[nodiscard]] bool is_reading() const noexcept { return is_reading_ && fd_ >= 0; }
  [[nodiscard]] int native() const noexcept { return fd_; }

  /// A frame, masked as a client's must be. @param opcode 1 text, 2 binary, 0 and so on
  void send(unsigned opcode, std::string_view payload, bool is_last = true);
  void send_raw(std::string_view bytes);
  /// A Close; answers to it are no surprise any more.
  void close(int code, std::string_view reason);
  /// Breaks the line, so that the other side notices.
  void reset();
  /// Whatever was sent has been read by the other side: it answers a ping. False: it did not.
  bool fence(std::chrono::milliseconds patience);

  /// Reads what is there, or waits for something until then. False: nothing came.
  bool read(clock::time_point until);
  void set_reading(bool is_on) noexcept { is_reading_ = is_on; }
  /// Whatever it hears, and has heard already, is told to these, under this name.
  void tells(std::shared_ptr<promises> whom, std::string name);
  void ignore_close() noexcept { answers_close_ = false; }

  std::deque<memory::sound> heard;
  bool says_continue = false; ///< a fragment was sent; what comes next completes it

private:
  void take(memory::sound what);
  void tell(const memory::sound& what) const;
  void over();

  int fd_ = -1;
  bool was_open_ = false;
  bool is_reading_ = true;
  bool answers_close_ = true;
  bool has_closed_ = false;
  bool has_heard_close_ = false;
  bool is_admitted_ = false;
  std::shared_ptr<promises> watched_;
  std::string name_;
  std::string http_; ///< the beginning of an answer that is no 101, yet
  memory::hearing hearing_;
  std::uint64_t fences_ = 0;
  std::uint64_t fences_heard_ = 0;
};

} // namespace callsign::testkit
