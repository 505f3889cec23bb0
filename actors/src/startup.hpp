/// \file
/// What an empty method name means.
#pragma once

namespace callsign::detail {

class method;

/// The method that made an incarnation; null: a closure did, or nothing has yet.
/// @source rules W-13 and W-14
struct startup {
  const method* by = nullptr;
  bool is_open = false; ///< it was hired: the first method that is called will be the one

  void note(const method* called) noexcept {
    if (is_open && called != nullptr)
      *this = {called};
  }
};

} // namespace callsign::detail
