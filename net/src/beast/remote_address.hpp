/// \file
/// Who is at the other end of a line.
#pragma once

#include "net/src/beast/asio.hpp"

#include <string>

namespace callsign::beast {

/// Without a zone; an IPv4-mapped address as dotted IPv4. @source rule S-11
[[nodiscard]] inline std::string bare(const asio::ip::address& address) {
  if (address.is_v6()) {
    auto v6 = address.to_v6();
    if (v6.is_v4_mapped())
      return asio::ip::make_address_v4(asio::ip::v4_mapped, v6).to_string();
    v6.scope_id(0);
    return v6.to_string();
  }
  return address.to_string();
}

} // namespace callsign::beast
