/// \file
/// WebSocket frames as a server writes them.
#pragma once

#include <callsign/events.hpp>
#include <callsign/message.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace callsign::rules {

enum class opcode : std::uint8_t {
  continuation = 0,
  text = 1,
  binary = 2,
  close = 8,
  ping = 9,
  pong = 10
};

/// Appends one whole, unmasked frame. @source RFC 6455 section 5.2
void append_frame(std::string& to, opcode what, std::string_view payload);

[[nodiscard]] std::string encode_frame(opcode what, std::string_view payload);
[[nodiscard]] std::string encode_frame(const message& what);

/// A Close frame; without a code its payload is empty and the reason is not sent. The reason is cut
/// to 123 bytes at a character (rule C-16).
[[nodiscard]] std::string encode_close(close_code code_or_none, std::string_view reason);

/// The part of the reason that fits into a Close frame.
[[nodiscard]] std::string_view cut_reason(std::string_view reason) noexcept;

/// Whole frames in one run of bytes, shared by all who send them. Frame `i` is [starts[i], starts[i
/// + 1]).
struct frame_block {
  std::string bytes;
  std::vector<std::uint32_t> starts{0};

  void append(std::string_view frame) {
    bytes += frame;
    starts.push_back(static_cast<std::uint32_t>(bytes.size()));
  }
  [[nodiscard]] std::size_t count() const noexcept { return starts.size() - 1; }
};

using shared_block = std::shared_ptr<const frame_block>;

[[nodiscard]] shared_block make_block(std::string frame);

/// Some consecutive frames of a block.
struct frame_slice {
  shared_block block;
  std::uint32_t first = 0;
  std::uint32_t last = 0; ///< one behind

  [[nodiscard]] std::size_t size() const noexcept {
    return block->starts[last] - block->starts[first];
  }
  [[nodiscard]] std::size_t count() const noexcept { return last - first; }
};

[[nodiscard]] frame_slice whole(shared_block block);

} // namespace callsign::rules
