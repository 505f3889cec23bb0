/// \file
/// Text in upper case.
#pragma once

#include <string>
#include <string_view>

namespace echo {

/// The text with each character replaced by its upper-case form, if it has one of its own: `é`
/// becomes `É`, `ß` stays. Bytes that are not UTF-8 stay as they are.
///
/// @units  UTF-8
[[nodiscard]] std::string to_upper(std::string_view text);

} // namespace echo
