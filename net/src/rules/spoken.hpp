/// \file
/// What a client hears on its line, read off the bytes that a server writes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace callsign::rules {

/// One thing that a server says.
struct spoken {
  enum class kind : std::uint8_t {
    head, ///< the answer to the upgrade
    text,
    binary,
    ping,
    pong,
    goodbye, ///< a Close frame; code 0: without one
    nonsense ///< a frame that no server may send
  };
  kind what = kind::nonsense;
  int code = 0;            ///< of a Close
  std::string bytes;       ///< the head, a payload, or a reason
  std::size_t on_wire = 0; ///< so many bytes it takes
};

/// The first frame of those bytes, once it is complete.
[[nodiscard]] std::optional<spoken> first_frame(std::string_view bytes);

/// The head in front of all frames, likewise.
[[nodiscard]] std::optional<spoken> first_head(std::string_view bytes);

} // namespace callsign::rules
