/// \file
/// What a handler is told about the end of its connection. A pure rule.
#pragma once

#include "net/src/door/door.hpp"

#include <callsign/counters.hpp>
#include <callsign/events.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace callsign::rules {

/// Whether and why our side began the end.
enum class our_part : std::uint8_t {
  none,
  terminated,   ///< `terminate` on the connection
  server_ended, ///< `terminate` on the server, a kill, a stop
  heartbeat_lost,
  overflow,
  budget,
};

struct ending {
  termination how;
  std::optional<error_event> error; ///< told before, as fatal
  counter why = counter::closed_by_client;
};

/// @param part          what we did
/// @param our_code      the code of our Close; 0 if it had none
/// @param our_reason    its reason
/// @param facts         what the session saw
/// @param past_deadline the client did not answer our Close in time
/// @source 4D rules 3.5, C-17 to C-20
[[nodiscard]] ending end_of_connection(our_part part, close_code our_code, std::string our_reason,
                                       const door::end_facts& facts, bool past_deadline);

} // namespace callsign::rules
