/// \file
/// What the exception being handled says.
#pragma once

#include <exception>

namespace callsign::detail {

/// The text lives as long as that exception; no memory is needed for it.
/// @context inside a catch block
[[nodiscard]] inline const char* text_of_current_exception() noexcept {
  try {
    throw;
  } catch (const std::exception& e) {
    return e.what();
  } catch (...) {
    return "an exception that is no std::exception";
  }
}

} // namespace callsign::detail
