/// \file
/// Pages that the server makes itself.
#pragma once

#include <string>
#include <string_view>

namespace callsign::rules {

/// "Not Found" for 404; "Error" for a status without a name.
[[nodiscard]] std::string_view reason_phrase(int status) noexcept;

/// A small page that says the status and, escaped, why. @source rule H-12
[[nodiscard]] std::string status_page(int status, std::string_view why);

} // namespace callsign::rules
