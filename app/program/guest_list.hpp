/// \file
/// Who may come in, by address.
#pragma once

#include <callsign/address_range.hpp>

#include <string_view>
#include <vector>

namespace program {

/// `--allow` and `--deny`. A denied address never comes in. If anybody is allowed by name, nobody
/// else comes in; otherwise everybody does.
struct guest_list {
  std::vector<callsign::address_range> allowed;
  std::vector<callsign::address_range> denied;

  [[nodiscard]] bool admits(std::string_view address) const;
};

} // namespace program
