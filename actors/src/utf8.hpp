/// \file
/// Whether bytes are UTF-8.
#pragma once

#include <cstddef>
#include <string_view>

namespace callsign::detail {

/// Well-formed UTF-8: no overlong forms, no surrogates, nothing above U+10FFFF. @source Unicode 15,
/// table 3-7
[[nodiscard]] bool is_utf8(std::string_view bytes) noexcept;

/// How far bytes that are not all there yet are UTF-8.
struct utf8_prefix {
  std::size_t good = 0; ///< so many bytes are whole characters
  bool is_bad = false;  ///< no bytes to come can make a character of the rest
};
[[nodiscard]] utf8_prefix check_utf8(std::string_view bytes) noexcept;

} // namespace callsign::detail
