/// \file
/// Errors as handlers are told them.
#pragma once

#include <callsign/error.hpp>
#include <callsign/events.hpp>

#include <string>
#include <utility>

namespace callsign::detail {

/// One item of an error event. `component`: who was at fault, "user" or "callsign".
[[nodiscard]] inline error_item item_of(errc code, std::string text, const char* component) {
  return {static_cast<int>(code), std::move(text), component, make_error_code(code)};
}

} // namespace callsign::detail
