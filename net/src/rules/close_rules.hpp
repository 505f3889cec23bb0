/// \file
/// Close codes: what may be sent, and what handlers are told.
#pragma once

#include <callsign/events.hpp>
#include <callsign/websocket_server.hpp>

#include <optional>
#include <string_view>

namespace callsign::rules {

/// Whether `terminate` may put this code on the wire. @source rule C-15
[[nodiscard]] bool may_send(int code, close_codes rule) noexcept;

/// Whether a client may close with this code. @source RFC 6455 section 7.4
[[nodiscard]] bool may_receive(close_code code) noexcept;

/// The standard sentence for a standard code, if there is one. @source rule C-19
[[nodiscard]] std::optional<std::string_view> standard_reason(close_code code) noexcept;

} // namespace callsign::rules
