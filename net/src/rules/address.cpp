#include "net/src/rules/address.hpp"

#include <algorithm>
#include <cstddef>

namespace callsign::rules {

namespace {

constexpr std::size_t mapped_at = 12;

[[nodiscard]] bool parse_ipv4(std::string_view text, std::uint8_t* to) noexcept {
  for (int part = 0; part < 4; ++part) {
    unsigned value = 0;
    std::size_t digits = 0;
    while (digits < text.size() && digits < 3 && text[digits] >= '0' && text[digits] <= '9') {
      value = value * 10 + static_cast<unsigned>(text[digits] - '0');
      ++digits;
    }
    if (digits == 0 || value > 255 || (digits > 1 && text.front() == '0'))
      return false;
    text.remove_prefix(digits);
    to[part] = static_cast<std::uint8_t>(value);
    if (part == 3)
      break;
    if (!text.starts_with('.'))
      return false;
    text.remove_prefix(1);
  }
  return text.empty();
}

[[nodiscard]] int hex_of(char c) noexcept {
  if (c >= '0' && c <= '9')
    return c - '0';
  if (c >= 'a' && c <= 'f')
    return c - 'a' + 10;
  if (c >= 'A' && c <= 'F')
    return c - 'A' + 10;
  return -1;
}

enum class last_group : std::uint8_t { plain, may_be_ipv4 };

/// Reads groups until the text or the room ends.
[[nodiscard]] bool parse_groups(std::string_view text, last_group last, address_bytes& to,
                                std::size_t& filled) noexcept {
  filled = 0;
  if (text.empty())
    return true;
  for (;;) {
    const std::size_t colon = text.find(':');
    const std::string_view group = text.substr(0, colon);
    if (colon == std::string_view::npos && group.find('.') != std::string_view::npos) {
      if (last == last_group::plain || filled > mapped_at || !parse_ipv4(group, to.data() + filled))
        return false;
      filled += 4;
      return true;
    }
    if (group.empty() || group.size() > 4 || filled > 14)
      return false;
    unsigned value = 0;
    for (const char c : group) {
      const int digit = hex_of(c);
      if (digit < 0)
        return false;
      value = value * 16 + static_cast<unsigned>(digit);
    }
    to[filled++] = static_cast<std::uint8_t>(value >> 8);
    to[filled++] = static_cast<std::uint8_t>(value & 0xFF);
    if (colon == std::string_view::npos)
      return true;
    text.remove_prefix(colon + 1);
  }
}

} // namespace

std::optional<address_bytes> parse_address(std::string_view text) noexcept {
  address_bytes bytes{};
  if (text.find(':') == std::string_view::npos) {
    bytes[10] = bytes[11] = 0xFF;
    if (!parse_ipv4(text, bytes.data() + mapped_at))
      return std::nullopt;
    return bytes;
  }
  text = text.substr(0, text.find('%'));
  const std::size_t gap = text.find("::");
  std::size_t head = 0;
  if (gap == std::string_view::npos) {
    if (!parse_groups(text, last_group::may_be_ipv4, bytes, head) || head != bytes.size())
      return std::nullopt;
    return bytes;
  }
  address_bytes back{};
  std::size_t tail = 0;
  if (!parse_groups(text.substr(0, gap), last_group::plain, bytes, head))
    return std::nullopt;
  if (!parse_groups(text.substr(gap + 2), last_group::may_be_ipv4, back, tail))
    return std::nullopt;
  if (head + tail > 14)
    return std::nullopt;
  std::copy_n(back.begin(), tail, bytes.end() - static_cast<std::ptrdiff_t>(tail));
  return bytes;
}

bool is_ipv4(const address_bytes& address) noexcept {
  const bool is_zero =
      std::all_of(address.begin(), address.begin() + 10, [](std::uint8_t b) { return b == 0; });
  return is_zero && address[10] == 0xFF && address[11] == 0xFF;
}

address_bytes neighbourhood(const address_bytes& address) noexcept {
  address_bytes all = address;
  if (!is_ipv4(address))
    std::fill(all.begin() + 8, all.end(), std::uint8_t{0});
  return all;
}

} // namespace callsign::rules
