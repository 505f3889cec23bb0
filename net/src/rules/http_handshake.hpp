/// \file
/// Whether a request may become a WebSocket. A pure rule.
#pragma once

#include "net/src/rules/http_request.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace callsign::rules {

/// What a client asked for in its handshake.
struct handshake {
  std::string key;
  std::vector<std::string> subprotocols; ///< as offered, in order
};

enum class handshake_fault : unsigned char {
  none,
  malformed,    ///< 400
  wrong_method, ///< 405
  version,      ///< 426, with the version that is spoken here
};

struct handshake_verdict {
  handshake_fault fault = handshake_fault::none;
  std::string_view why;
  [[nodiscard]] int status() const noexcept {
    switch (fault) {
    case handshake_fault::malformed: return 400;
    case handshake_fault::wrong_method: return 405;
    case handshake_fault::version: return 426;
    case handshake_fault::none: break;
    }
    return 0;
  }
};

/// Whether the request wants to become a WebSocket, well-formed or not. A request for another
/// protocol is an ordinary one.
[[nodiscard]] bool wants_websocket(const request_head& head) noexcept;

/// Checks the whole handshake. Of extensions only the grammar: none is spoken here.
///
/// @param asked its meaning: an absolute target opens no WebSocket
/// @param early what the client sent behind the head: frames, or it is refused
/// @source RFC 6455 section 4.2.1
[[nodiscard]] handshake_verdict check_handshake(const request_head& head,
                                                const request_meaning& asked,
                                                std::string_view early, handshake& into);

/// Whether the byte can begin a client's frame as long as no extension was agreed on.
[[nodiscard]] bool may_begin_frame(char first) noexcept;

} // namespace callsign::rules
