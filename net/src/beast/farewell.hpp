/// \file
/// The last bytes of a line, and its end.
#pragma once

#include "net/src/beast/asio.hpp"
#include "net/src/beast/line.hpp"
#include "net/src/beast/site.hpp"

#include <array>
#include <string>

namespace callsign::beast {

/// Writes what is left to say, says that there will be no more, and waits a moment for the other
/// side to do the same: closing at once with bytes unread would make the kernel take back what was
/// written last.
///
/// @units one second to linger; as long again to write
class farewell final : public line {
public:
  /// Takes the socket over and begins.
  static void begin(socket_thread& here, tcp::socket socket, site::seat place,
                    std::string last_words);

  farewell(socket_thread& here, tcp::socket socket, site::seat place, std::string last_words);
  void cut() noexcept override;

private:
  void write();
  void linger();
  void drain();

  tcp::socket socket_;
  site::seat place_;
  std::string words_;
  std::size_t written_ = 0;
  std::array<char, 512> unread_{};
  rules::wheel_timer limit_;
};

} // namespace callsign::beast
