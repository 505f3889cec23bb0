/// \file
/// A frame as a client sends it.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

namespace callsign::testkit {

/// Always with the same mask: a test is the same each time.
[[nodiscard]] inline std::string masked_frame(bool is_last, unsigned opcode,
                                              std::string_view payload) {
  constexpr std::array<unsigned char, 4> mask{0x37, 0xFA, 0x21, 0x3D};
  std::string frame(1, static_cast<char>((is_last ? 0x80U : 0U) | opcode));
  if (payload.size() < 126) {
    frame += static_cast<char>(0x80U | payload.size());
  } else {
    const std::size_t bytes = payload.size() < 65'536 ? 2 : 8;
    frame += static_cast<char>(0x80U | (bytes == 2 ? 126U : 127U));
    for (std::size_t i = bytes; i-- > 0;)
      frame += static_cast<char>(payload.size() >> (8 * i) & 0xFFU);
  }
  for (const auto one : mask)
    frame += static_cast<char>(one);
  for (std::size_t i = 0; i < payload.size(); ++i)
    frame += static_cast<char>(static_cast<unsigned char>(payload[i]) ^ mask[i % mask.size()]);
  return frame;
}

} // namespace callsign::testkit
