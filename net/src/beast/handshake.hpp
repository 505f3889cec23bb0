/// \file
/// The 101, by Beast.
#pragma once

#include "net/src/beast/asio.hpp"

#include <string>
#include <string_view>

namespace callsign::beast {

/// The answer that accepts an upgrade. Empty: Beast did not find the request good.
///
/// The only file that knows Beast's WebSocket is this function's source: it takes long to compile.
/// @context the I/O thread of `where`
/// @source  RFC 6455 section 4.2.2
[[nodiscard]] std::string accept_upgrade(asio::io_context& where, std::string_view key,
                                         std::string_view subprotocol,
                                         std::string_view server_name);

} // namespace callsign::beast
