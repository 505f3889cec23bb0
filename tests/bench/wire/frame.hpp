#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace bench::wire {

/// The kinds of WebSocket frame that the benchmark sends and understands.
///
/// @source  RFC 6455 section 5.2
enum class opcode : std::uint8_t {
  continuation = 0x0,
  text = 0x1,
  binary = 0x2,
  close = 0x8,
  ping = 0x9,
  pong = 0xA,
};

/// Tells control frames (close, ping, pong) from those that carry data.
constexpr bool is_control(opcode kind) noexcept {
  return (static_cast<std::uint8_t>(kind) & 0x8U) != 0;
}

/// The four bytes that a client's payload is mixed with.
using mask_key = std::array<char, 4>;

/// What stands before a payload.
struct frame_head {
  opcode kind = opcode::continuation;
  bool is_final = false;
  bool is_masked = false;
  mask_key key{};
  /// Bytes of the head itself, from the first byte to the first of the payload.
  std::size_t head_size = 0;
  std::uint64_t payload_size = 0;
};

/// What `read_head` found at the start of some bytes.
enum class head_status { complete, incomplete, invalid };

/// Reads the head of the frame that starts at `bytes[0]`.
///
/// The payload need not have arrived. Reserved bits and unknown kinds are invalid: the benchmark
/// negotiates no extension.
///
/// @source  RFC 6455 section 5.2
inline head_status read_head(std::string_view bytes, frame_head& head) noexcept {
  if (bytes.size() < 2)
    return head_status::incomplete;
  const auto byte = [bytes](std::size_t at) { return static_cast<std::uint8_t>(bytes[at]); };
  const unsigned kind = byte(0) & 0x0FU;
  const bool is_known = kind <= 0x2U || (kind >= 0x8U && kind <= 0xAU);
  if ((byte(0) & 0x70U) != 0 || !is_known)
    return head_status::invalid;
  head.kind = static_cast<opcode>(kind);
  head.is_final = (byte(0) & 0x80U) != 0;
  head.is_masked = (byte(1) & 0x80U) != 0;
  const unsigned short_size = byte(1) & 0x7FU;
  const std::size_t extra = short_size == 127 ? 8 : short_size == 126 ? 2 : 0;
  head.head_size = 2 + extra + (head.is_masked ? 4 : 0);
  if (is_control(head.kind) && (extra != 0 || !head.is_final))
    return head_status::invalid;
  if (bytes.size() < head.head_size)
    return head_status::incomplete;
  head.payload_size = short_size;
  if (extra != 0) {
    head.payload_size = 0;
    for (std::size_t at = 2; at < 2 + extra; ++at)
      head.payload_size = (head.payload_size << 8U) | byte(at);
  }
  if (head.payload_size > (std::uint64_t{1} << 40U))
    return head_status::invalid;
  if (head.is_masked)
    std::memcpy(head.key.data(), bytes.data() + 2 + extra, head.key.size());
  return head_status::complete;
}

/// Masks or unmasks `size` bytes from `in` to `out`.
///
/// The two may be the same place, and `out` may lie before `in` in the same buffer.
///
/// @source  RFC 6455 section 5.3
inline void mask_copy(char* out, const char* in, std::size_t size, mask_key key) noexcept {
  const std::uint32_t half = std::bit_cast<std::uint32_t>(key);
  const std::uint64_t whole = (static_cast<std::uint64_t>(half) << 32U) | half;
  std::size_t at = 0;
  for (; at + sizeof(whole) <= size; at += sizeof(whole)) {
    std::uint64_t word = 0;
    std::memcpy(&word, in + at, sizeof(word));
    word ^= whole;
    std::memcpy(out + at, &word, sizeof(word));
  }
  for (; at < size; ++at)
    out[at] = static_cast<char>(in[at] ^ key[at % key.size()]);
}

/// The longest head a frame can have.
constexpr std::size_t max_head_size = 14;

/// The size of the head of a final frame with a payload of `payload_size` bytes.
constexpr std::size_t unmasked_head_size(std::size_t payload_size) noexcept {
  return payload_size < 126 ? 2 : payload_size < 65536 ? 4 : 10;
}

/// Writes the head of a final frame, without mask, to `out` and returns its size.
///
/// `mask_bit` is 0x80 for a client's frame, whose key the caller appends; 0 for a server's.
inline std::size_t write_head(char* out, opcode kind, std::size_t payload_size,
                              unsigned mask_bit = 0) noexcept {
  out[0] = static_cast<char>(0x80U | static_cast<unsigned>(kind));
  const std::size_t size = unmasked_head_size(payload_size);
  if (size == 2) {
    out[1] = static_cast<char>(mask_bit | static_cast<unsigned>(payload_size));
    return size;
  }
  out[1] = static_cast<char>(mask_bit | (size == 4 ? 126U : 127U));
  for (std::size_t at = 2; at < size; ++at) {
    const std::size_t shift = 8 * (size - 1 - at);
    out[at] = static_cast<char>((payload_size >> shift) & 0xFFU);
  }
  return size;
}

/// Appends a server's frame: final and not masked.
inline void append_frame(std::string& out, opcode kind, std::string_view payload) {
  std::array<char, max_head_size> head;
  out.append(head.data(), write_head(head.data(), kind, payload.size()));
  out.append(payload);
}

/// Appends a client's frame: final and masked with `key`.
inline void append_masked_frame(std::string& out, opcode kind, std::string_view payload,
                                mask_key key) {
  std::array<char, max_head_size> head;
  std::size_t head_size = write_head(head.data(), kind, payload.size(), 0x80U);
  std::memcpy(head.data() + head_size, key.data(), key.size());
  head_size += key.size();
  out.append(head.data(), head_size);
  const std::size_t start = out.size();
  out.resize(start + payload.size());
  mask_copy(out.data() + start, payload.data(), payload.size(), key);
}

/// Reads the code of a close frame's payload; 1005 when there is none.
///
/// @source  RFC 6455 section 7.1.5
inline unsigned close_code(std::string_view payload) noexcept {
  if (payload.size() < 2)
    return 1005;
  return (static_cast<unsigned>(static_cast<std::uint8_t>(payload[0])) << 8U) |
         static_cast<unsigned>(static_cast<std::uint8_t>(payload[1]));
}

/// The payload of a close frame with `code` and no reason.
inline std::string close_payload(unsigned code) {
  return {static_cast<char>((code >> 8U) & 0xFFU), static_cast<char>(code & 0xFFU)};
}

} // namespace bench::wire
