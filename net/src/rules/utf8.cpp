#include "net/src/rules/utf8.hpp"

#include <cstddef>

#include <cstdint>
#include <cstring>

namespace callsign::rules {

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

bool is_utf8(std::string_view bytes) noexcept {
  const auto* at = reinterpret_cast<const unsigned char*>(bytes.data());
  const auto* const end = at + bytes.size();
  while (at != end) {
    // Eight plain characters at a time.
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
    if (what.tail == 0 || end - at <= what.tail)
      return false;
    if (at[1] < what.low || at[1] > what.high)
      return false;
    for (int i = 2; i <= what.tail; ++i) {
      if ((at[i] & 0xC0) != 0x80)
        return false;
    }
    at += what.tail + 1;
  }
  return true;
}

bool ends_inside_character(std::string_view bytes) noexcept {
  // The lead of the last character is among the last four bytes.
  for (std::size_t back = 1; back <= 4 && back <= bytes.size(); ++back) {
    const auto byte = static_cast<unsigned char>(bytes[bytes.size() - back]);
    if ((byte & 0xC0) == 0x80)
      continue;
    const std::size_t length = byte < 0x80 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4;
    return back < length;
  }
  return false;
}

} // namespace callsign::rules
