/// \file
/// JSON that matches a part of JSON.
#pragma once

#include <string>
#include <string_view>

namespace callsign::testkit {

/// Whether this is a pattern: JSON in which `*` may stand for any value. Empty, or what is wrong.
[[nodiscard]] std::string pattern_complaint(std::string_view pattern);

/// Whether the text is JSON and has what the pattern has: of an object, at least these members; of
/// an array, exactly these elements.
[[nodiscard]] bool fits_pattern(std::string_view pattern, std::string_view text);

} // namespace callsign::testkit
