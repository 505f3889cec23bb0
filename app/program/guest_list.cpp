#include "app/program/guest_list.hpp"

#include <algorithm>

namespace program {

bool guest_list::admits(std::string_view address) const {
  const auto has_it = [address](const callsign::address_range& range) {
    return range.contains(address);
  };
  if (std::ranges::any_of(denied, has_it))
    return false;
  return allowed.empty() || std::ranges::any_of(allowed, has_it);
}

} // namespace program
