/// \file
/// What kind of content a file holds, by its ending.
#pragma once

#include <string_view>

namespace callsign::rules {

/// Text kinds with `charset=utf-8`; what is not known is `application/octet-stream`.
[[nodiscard]] std::string_view content_type_of(std::string_view path) noexcept;

} // namespace callsign::rules
