#pragma once

#include "wire/frame.hpp"
#include "wire/socket.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <sys/uio.h>
#include <vector>

namespace bench {

/// What the server does with a message it has read.
enum class answer { echo, broadcast_to_all, broadcast_to_others };

/// When output leaves: all of a loop turn in one send for each connection, or at once.
enum class writing { per_turn, per_message };

/// Deliberate misdeeds, so that the generator's check can be seen to fail; 0 is never.
struct misdeeds {
  std::uint64_t drop_every = 0;
  std::uint64_t double_every = 0;
  std::uint64_t swap_every = 0;
  /// Every so manieth client is greeted behind its first message, and not before.
  std::uint64_t greet_late_every = 0;
  /// Every so manieth Close is answered twice.
  std::uint64_t end_twice_every = 0;

  /// Whether each delivery has to be looked at.
  [[nodiscard]] bool are_wanted() const noexcept {
    return drop_every != 0 || double_every != 0 || swap_every != 0;
  }
};

/// How a `bare_server` behaves.
struct bare_options {
  std::uint16_t port = 0;
  answer mode = answer::broadcast_to_all;
  writing when = writing::per_turn;
  /// What a client hears first; empty: nothing.
  std::string greeting;
  misdeeds faults;
};

/// The kernel's limit: a WebSocket server with nothing in it but epoll, recv and send.
///
/// It has no limits worth the name, no timers, no UTF-8 check and no handlers, and refuses
/// fragmented messages. Whatever a real server costs beyond this one is the price of what it does.
///
/// @context  one thread; `run` returns after `stop`, which a signal handler may call
/// @errors   `std::system_error` when the port is taken
class bare_server {
public:
  explicit bare_server(const bare_options& options);
  ~bare_server();

  [[nodiscard]] std::uint16_t port() const;

  /// Serves until `stop_signal` (a signalfd) becomes readable.
  void run(const wire::descriptor& stop_signal);

private:
  struct slice {
    std::size_t offset = 0;
    std::size_t size = 0;
  };

  struct connection {
    wire::descriptor socket;
    std::size_t place = 0;
    bool is_upgraded = false;
    bool is_ending = false;
    bool awaits_room = false;
    bool awaits_greeting = false;
    /// An incomplete frame or request head.
    std::string rest;
    /// What the kernel did not take yet.
    std::string unsent;
    /// A frame kept back by `misdeeds::swap_every`.
    std::string held;
    /// The parts of the turn's block that this connection sent itself.
    std::vector<slice> own;
  };

  void accept_all();
  void greet(connection& to);
  void read_from(connection& from);
  std::size_t upgrade(connection& from, std::string_view bytes);
  std::size_t take_frames(connection& from, char* bytes, std::size_t size);
  void take_control(connection& from, const wire::frame_head& head, std::string_view payload);
  void take_broadcast(connection& from, const wire::frame_head& head, const char* payload);
  void broadcast_turn();
  void send_without_own(connection& to);
  void send_with_misdeeds(connection& to, std::string_view frame);
  void send_bytes(connection& to, std::string_view bytes);
  void send_pieces(connection& to, std::vector<iovec>& pieces, std::size_t size);
  void send_unsent(connection& to);
  void keep_unsent(connection& to, std::string_view bytes);
  void refuse(connection& from, unsigned code);
  void end(connection& one);
  void bury();

  bare_options options_;
  wire::descriptor listener_;
  wire::descriptor epoll_;
  std::vector<std::unique_ptr<connection>> connections_;
  std::vector<connection*> ended_;
  std::vector<char> buffer_;
  std::string block_;
  std::vector<slice> frames_;
  std::vector<connection*> authors_;
  std::vector<iovec> pieces_;
  std::string scratch_;
  std::uint64_t delivered_ = 0;
  std::uint64_t upgraded_ = 0;
  std::uint64_t closed_ = 0;
};

} // namespace bench
