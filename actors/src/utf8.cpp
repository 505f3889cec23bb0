#include "actors/src/utf8.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace callsign::detail {

namespace {

/// The first and last value that the second byte may have, and how many bytes follow the lead.
struct shape {
  int tail = 0; ///< 0: no lead byte
  unsigned char low = 0x80;
  unsigned char high = 0xBF;
};

[[nodiscard]] constexpr shape shape_of(unsigned char lead) noexcept {
  if (lead >= 0xC2 && lead <= 0xDF)
    return {1};
  if (lead == 0xE0)
    return {2, 0xA0, 0xBF};
  if (lead == 0xED)
    return {2, 0x80, 0x9F};
  if (lead >= 0xE1 && lead <= 0xEF)
    return {2};
  if (lead == 0xF0)
    return {3, 0x90, 0xBF};
  if (lead >= 0xF1 && lead <= 0xF3)
    return {3};
  if (lead == 0xF4)
    return {3, 0x80, 0x8F};
  return {};
}

} // namespace

utf8_prefix check_utf8(std::string_view bytes) noexcept {
  const auto* const begin = reinterpret_cast<const unsigned char*>(bytes.data());
  const auto* const end = begin + bytes.size();
  const auto* at = begin;
  const auto so_far = [&] { return static_cast<std::size_t>(at - begin); };
  while (at != end) {
    // Thirty-two plain characters at a time.
    while (end - at >= 32) {
      std::array<std::uint64_t, 4> some{};
      std::memcpy(some.data(), at, sizeof some);
      if (((some[0] | some[1] | some[2] | some[3]) & 0x8080808080808080U) != 0)
        break;
      at += sizeof some;
    }
    while (end - at >= 8) {
      std::uint64_t eight = 0;
      std::memcpy(&eight, at, sizeof eight);
      if ((eight & 0x8080808080808080U) != 0)
        break;
      at += 8;
    }
    if (at == end)
      break;
    if (*at < 0x80) {
      ++at;
      continue;
    }
    const shape what = shape_of(*at);
    if (what.tail == 0)
      return {so_far(), true};
    for (int i = 1; i <= what.tail; ++i) {
      if (at + i == end)
        return {so_far(), false};
      const bool fits = i == 1 ? at[1] >= what.low && at[1] <= what.high : (at[i] & 0xC0) == 0x80;
      if (!fits)
        return {so_far(), true};
    }
    at += what.tail + 1;
  }
  return {bytes.size(), false};
}

bool is_utf8(std::string_view bytes) noexcept { return check_utf8(bytes).good == bytes.size(); }

} // namespace callsign::detail
