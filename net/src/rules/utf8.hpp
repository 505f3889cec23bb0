/// \file
/// Whether bytes are UTF-8.
#pragma once

#include <string_view>

namespace callsign::rules {

/// Well-formed UTF-8: no overlong forms, no surrogates, nothing above U+10FFFF. @source Unicode 15,
/// table 3-7
[[nodiscard]] bool is_utf8(std::string_view bytes) noexcept;

/// Whether text that is well-formed as far as it goes stops before the end of its last character.
[[nodiscard]] bool ends_inside_character(std::string_view bytes) noexcept;

} // namespace callsign::rules
