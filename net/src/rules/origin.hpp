/// \file
/// Which pages may connect. A pure rule.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace callsign::rules {

/// Whether a browser page of that origin may open a WebSocket: the page came from this very host
/// and port, or its origin is listed ("*" lists all). Compared without regard to case; "null" is
/// never the same host.
///
/// @param origin  the Origin header as sent; not called when there is none
/// @param host    the Host header
[[nodiscard]] bool may_come_from(std::string_view origin, std::string_view host,
                                 const std::vector<std::string>& allowed);

} // namespace callsign::rules
