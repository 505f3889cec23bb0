/// \file
/// IP addresses as text and as bytes.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace callsign::rules {

/// Sixteen bytes; an IPv4 address in its mapped form ::ffff:a.b.c.d.
using address_bytes = std::array<std::uint8_t, 16>;

/// IPv4 as four decimal numbers, IPv6 in every form of RFC 4291 section 2.2; a zone (`%eth0`) is
/// left out. Nothing for anything else.
[[nodiscard]] std::optional<address_bytes> parse_address(std::string_view text) noexcept;

/// Whether it is an IPv4 address, in whatever form it was written.
[[nodiscard]] bool is_ipv4(const address_bytes& address) noexcept;

/// What counts as one address where limits are for each of them: an IPv4 address alone, of IPv6 the
/// network of 64 bits, of which one client has all.
[[nodiscard]] address_bytes neighbourhood(const address_bytes& address) noexcept;

} // namespace callsign::rules
