/// \file
/// Sets of IP addresses, for allow and deny lists.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace callsign {

/// `127.0.0.1`, `10.0.0.0/8`, `::1/128`. An IPv4-mapped IPv6 address is the IPv4 address.
class address_range {
public:
  /// @errors `std::invalid_argument` that says what is wrong
  explicit address_range(std::string_view text);
  /// False for what is no address.
  [[nodiscard]] bool contains(std::string_view address) const noexcept;
  [[nodiscard]] const std::string& text() const noexcept { return text_; }

private:
  std::string text_;
  std::array<std::uint8_t, 16> bytes_{}; ///< IPv4 in its mapped form
  unsigned bits_ = 128;
};

} // namespace callsign
