/// \file
/// Beast's WebSocket stream, seen from outside: it writes the 101 and makes messages out of bytes.
#pragma once

#include "net/src/beast/asio.hpp"
#include "net/src/beast/wire_stream.hpp"

#include <callsign/message.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace callsign::beast {

/// How one read ended.
enum class read_outcome : std::uint8_t {
  message,
  invalid_utf8,
  message_too_big,
  protocol_error,
  broken, ///< the stream below failed
};

/// The only file that knows Beast's WebSocket is this class's source: it takes long to compile.
///
/// @context the line's I/O thread
class frame_reader {
public:
  /// Hears of reads. Outlives the reader, and every read that is on its way.
  class hearer {
  public:
    /// From a fresh step.
    virtual void read_done(read_outcome how) noexcept = 0;
    /// The read was given up by an exception; it will not be done.
    virtual void read_given_up() noexcept = 0;

  protected:
    ~hearer() = default;
  };

  frame_reader(wire& line, asio::io_context& where, std::size_t max_message_bytes);
  ~frame_reader();
  frame_reader(const frame_reader&) = delete;
  frame_reader& operator=(const frame_reader&) = delete;

  /// The 101. Empty: Beast did not find the request good.
  [[nodiscard]] std::string accept(std::string_view key, std::string_view subprotocol,
                                   std::string_view server_name);

  /// Begins to read one message. One read at a time.
  void next(std::shared_ptr<hearer> who);
  /// The message of the last read.
  [[nodiscard]] message_kind kind() const;
  [[nodiscard]] std::string take();

private:
  class stream;
  std::unique_ptr<stream> stream_;
};

} // namespace callsign::beast
