#include "net/src/rules/spoken.hpp"

namespace callsign::rules {

std::optional<spoken> first_head(std::string_view bytes) {
  const auto end = bytes.find("\r\n\r\n");
  if (end == std::string_view::npos)
    return std::nullopt;
  return spoken{spoken::kind::head, 0, std::string{bytes.substr(0, end + 2)}, end + 4};
}

std::optional<spoken> first_frame(std::string_view bytes) {
  const auto at = [bytes](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
  if (bytes.size() < 2)
    return std::nullopt;
  std::size_t head = 2;
  std::uint64_t size = at(1) & 0x7FU;
  if (size >= 126) {
    const std::size_t more = size == 126 ? 2 : 8;
    head += more;
    if (bytes.size() < head)
      return std::nullopt;
    size = 0;
    for (std::size_t i = 0; i < more; ++i)
      size = size << 8U | at(2 + i);
  }
  if (bytes.size() < head || bytes.size() - head < size)
    return std::nullopt;
  spoken now{spoken::kind::nonsense, 0, std::string{bytes.substr(head, size)}, head + size};
  if ((at(1) & 0x80U) != 0)
    return now;
  switch (at(0)) {
  case 0x81: now.what = spoken::kind::text; break;
  case 0x82: now.what = spoken::kind::binary; break;
  case 0x89: now.what = spoken::kind::ping; break;
  case 0x8A: now.what = spoken::kind::pong; break;
  case 0x88:
    now.what = spoken::kind::goodbye;
    if (now.bytes.size() >= 2) {
      now.code =
          static_cast<unsigned char>(now.bytes[0]) << 8 | static_cast<unsigned char>(now.bytes[1]);
      now.bytes.erase(0, 2);
    }
    break;
  default: break;
  }
  return now;
}

} // namespace callsign::rules
