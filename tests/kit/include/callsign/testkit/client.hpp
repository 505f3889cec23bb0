/// \file
/// A client of a story: what it says, and what it must hear.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <source_location>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace callsign::testkit {

/// The request by which a client of a story comes in.
struct visitor {
  /// Empty: ana, bob, eve, in that order; then "client 4".
  std::string name = {};
  /// Path and query, as a browser sends them. Empty: the story's own.
  std::string url = {};
  std::string remote_address = "127.0.0.1";
  std::vector<std::pair<std::string, std::string>> headers = {};
  std::vector<std::string> subprotocols = {};
  /// 0: whichever web server listens.
  std::uint16_t port = 0;
  /// Nothing: the I/O threads take turns.
  std::optional<std::size_t> io_thread = std::nullopt;
};

/// One client. What it hears waits in order until a verb asks for it; pings and the answers to its
/// own Close need no verb. Each verb first runs whatever is ready (but see `stage::at_once`), and
/// fails at its own line.
///
/// A copy is the same client. A client must not be used after its stage has ended.
///
/// @context the thread of the test
class client {
public:
  using where = std::source_location;
  class state;

  client() = default;
  explicit client(std::shared_ptr<state> shared) : state_{std::move(shared)} {}

  // -- what it does -------------------------------------------------------------------------------

  void says(std::string_view text, where at = where::current());
  void says_binary(std::string_view bytes, where at = where::current());
  /// A fragment; what it says next completes the message.
  void begins_to_say(std::string_view part, where at = where::current());
  void pings(where at = where::current());
  /// A frame that RFC 6455 does not allow.
  void breaks_the_protocol(where at = where::current());
  /// Closes; code 0 closes without a code. 1001 is what a browser sends when its page is left.
  void leaves(int code = 1000, std::string_view reason = {}, where at = where::current());
  /// The line breaks, and the server notices.
  void vanishes(where at = where::current());
  /// The line dies without a sign: what is written is lost, nothing is answered any more.
  void falls_silent(where at = where::current());
  /// Hears a goodbye and does not answer it.
  void ignores_goodbyes();
  /// Takes so many bytes more, then none.
  void stops_reading(std::size_t after = 0);
  /// Takes so many bytes in each span of time, while time passes, and no more.
  void reads_slowly(std::size_t bytes, std::chrono::nanoseconds each = std::chrono::seconds{1},
                    where at = where::current());
  void reads_again(where at = where::current());

  // -- what it must hear --------------------------------------------------------------------------

  void hears(std::string_view text, where at = where::current());
  void hears_binary(std::string_view bytes, where at = where::current());
  /// The answer to one of its pings.
  void hears_pong(where at = where::current());
  /// A text that is JSON and has what the pattern has: of an object, at least these members; of an
  /// array, exactly these elements; in the place of a `*`, anything.
  void hears_json(std::string_view pattern, where at = where::current());
  void hears_in_any_order(std::vector<std::string> texts, where at = where::current());
  void hears_nothing(where at = where::current());
  void is_refused(int status, where at = where::current());
  /// Nobody listens where it dialled.
  void finds_nobody(where at = where::current());
  void is_told_goodbye(int code, where at = where::current());
  void is_told_goodbye(int code, std::string_view reason, where at = where::current());
  /// The line ends without a goodbye.
  void is_cut_off(where at = where::current());

  // -- what one can ask ---------------------------------------------------------------------------

  [[nodiscard]] const std::string& name() const;
  /// The server's end of the line lives.
  [[nodiscard]] bool is_connected() const;
  /// The handshake is done.
  [[nodiscard]] bool is_admitted() const;
  /// The server does not read what this client says.
  [[nodiscard]] bool is_held_back() const;
  [[nodiscard]] std::size_t pings_heard() const;
  [[nodiscard]] std::string subprotocol() const;
  /// Everything that waits to be asked for, in words; and forgets it.
  std::vector<std::string> takes_all(where at = where::current());

private:
  std::shared_ptr<state> state_;
};

} // namespace callsign::testkit
