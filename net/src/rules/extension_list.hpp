/// \file
/// The grammar of Sec-WebSocket-Extensions. A pure rule.
#pragma once

#include <string_view>

namespace callsign::rules {

/// Whether the header's value follows its grammar; what is offered does not matter. A value in
/// quotation marks must be a token inside them.
/// @source RFC 6455 section 9.1, which has the connection fail otherwise
[[nodiscard]] bool is_extension_list(std::string_view value) noexcept;

} // namespace callsign::rules
