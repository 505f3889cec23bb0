#pragma once

#include "load/clock.hpp"
#include "wire/frame.hpp"
#include "wire/socket.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace bench {

/// How a client stands.
enum class standing { absent, connecting, upgrading, open, closing };

/// How a client's connection ended.
struct ending {
  /// The close frame's code; 1006 when the line was lost without one.
  unsigned code = 1006;
  /// Whether this side had asked for it.
  bool was_asked = false;
};

/// Is told what happens to the clients of a `crowd`.
///
/// @context  the thread that calls `crowd::turn`, from within it
class crowd_handler {
public:
  virtual ~crowd_handler() = default;
  virtual void on_open(std::size_t /*client*/, nanoseconds /*since_connect*/) {}
  virtual void on_message(std::size_t client, std::string_view text, nanoseconds at) = 0;
  /// A Close frame has come; the end follows.
  virtual void on_close(std::size_t /*client*/) {}
  virtual void on_end(std::size_t client, const ending& how) = 0;
};

/// What a crowd has done so far.
struct crowd_counters {
  std::uint64_t reads = 0;
  std::uint64_t frames = 0;
  std::uint64_t pings = 0;
};

/// Where a crowd connects to, and from how many addresses.
struct crowd_options {
  wire::target to;
  /// @units  addresses from 127.0.0.1 on, taken in turn; 0 leaves it to the kernel
  std::uint32_t sources = 0;
};

/// Many WebSocket clients in one thread, over one epoll set.
///
/// Frames are masked with a fresh key each, incomplete frames wait for their rest, fragments are
/// put together, pings are answered and a close is answered with a close. Output is gathered: all
/// that is said to one client's server in one turn leaves in one send.
///
/// @context  one thread
/// @errors   `std::runtime_error` when a client is refused or breaks the protocol
class crowd {
public:
  crowd(crowd_options options, crowd_handler& handler);
  ~crowd();

  /// Starts to connect one client more and returns its number.
  std::size_t add();

  /// Starts to connect a client whose connection has ended.
  ///
  /// @context  between turns, not from a callback
  void revive(std::size_t client);

  /// Connects until there are `count` clients, all of them open.
  ///
  /// @errors  `std::runtime_error` when it takes longer than `limit`
  void grow(std::size_t count, nanoseconds limit);

  /// Waits at most `limit` for something to happen, deals with it, then sends what was said.
  void turn(nanoseconds limit);

  /// Sends what was said outside a turn.
  void flush();

  void say(std::size_t client, std::string_view text);
  void close(std::size_t client);

  /// Stops reading from a client for good: it becomes a reader that has stalled.
  void stall(std::size_t client);

  [[nodiscard]] std::size_t size() const noexcept { return clients_.size(); }
  [[nodiscard]] std::size_t open_count() const noexcept { return open_; }
  [[nodiscard]] standing stands(std::size_t client) const noexcept;
  [[nodiscard]] const crowd_counters& counters() const noexcept { return counters_; }

private:
  struct client;

  void start(client& one);
  void connected(client& one);
  void read_from(client& one);
  std::size_t take_answer(client& one, std::string_view bytes);
  std::size_t take_frames(client& one, char* bytes, std::size_t size, nanoseconds at);
  void take_data(client& one, const wire::frame_head& head, std::string_view payload,
                 nanoseconds at);
  void take_control(client& one, wire::opcode kind, std::string_view payload);
  void queue(client& one, wire::opcode kind, std::string_view payload);
  void send_from(client& one);
  void watch(client& one, std::uint32_t events);
  void end(client& one, ending how);
  [[nodiscard]] std::uint32_t next_random() noexcept;

  crowd_options options_;
  crowd_handler& handler_;
  wire::descriptor epoll_;
  std::vector<std::unique_ptr<client>> clients_;
  std::vector<client*> dirty_;
  std::vector<char> buffer_;
  crowd_counters counters_;
  std::size_t open_ = 0;
  std::size_t connecting_ = 0;
  std::uint64_t random_ = 0x9E3779B97F4A7C15U;
};

} // namespace bench
