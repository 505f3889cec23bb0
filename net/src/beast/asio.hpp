/// \file
/// Short names for what every file of this folder takes from Asio.
#pragma once

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/system/error_code.hpp>

#include <system_error>

namespace callsign::beast {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;
using io_error = boost::system::error_code;

/// Boost's codes become the standard's at the door.
[[nodiscard]] inline std::error_code plain(const io_error& e) {
  return static_cast<std::error_code>(e);
}

} // namespace callsign::beast
