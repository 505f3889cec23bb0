#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace bench::wire {

/// Encodes bytes as Base64 with padding.
std::string base64(std::string_view bytes);

/// The `Sec-WebSocket-Accept` that answers a `Sec-WebSocket-Key`.
///
/// @source  RFC 6455 section 4.2.2
std::string accept_key(std::string_view key);

/// The upgrade request of a client.
std::string upgrade_request(std::string_view host, std::string_view path, std::string_view key);

/// The answer 101 to an upgrade request with `key`.
std::string upgrade_response(std::string_view key);

/// The value of the header field `name` in an HTTP head, without surrounding blanks.
///
/// Names compare without regard to case. Empty when the field is missing.
std::string_view header_field(std::string_view head, std::string_view name);

} // namespace bench::wire
