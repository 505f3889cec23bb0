/// \file
/// WebSocket frames as a server writes them.
#pragma once

#include <callsign/events.hpp>
#include <callsign/message.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
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

[[nodiscard]] constexpr opcode opcode_of(message_kind kind) noexcept {
  return kind == message_kind::text ? opcode::text : opcode::binary;
}

/// Appends one whole, unmasked frame. @source RFC 6455 section 5.2
void append_frame(std::string& to, opcode what, std::string_view payload);
/// The head alone, for a payload of that size.
void append_head(std::string& to, opcode what, std::uint64_t payload_size);

[[nodiscard]] std::string encode_frame(opcode what, std::string_view payload);
[[nodiscard]] std::string encode_frame(const message& what);

/// A Close frame; without a code its payload is empty and the reason is not sent. The reason is cut
/// to 123 bytes at a character (rule C-16).
[[nodiscard]] std::string encode_close(close_code code_or_none, std::string_view reason);

/// The part of the reason that fits into a Close frame.
[[nodiscard]] std::string_view cut_reason(std::string_view reason) noexcept;

/// Whole frames in one run of bytes, shared by all who send them. Frame `i` is
/// [start(i), start(i + 1)).
struct frame_block {
  std::string bytes;
  std::vector<std::uint32_t> later_starts; ///< of every frame but the first

  void append(std::string_view frame) {
    note_start();
    bytes += frame;
  }
  void append(opcode what, std::string_view payload) {
    note_start();
    append_frame(bytes, what, payload);
  }
  [[nodiscard]] std::size_t count() const noexcept {
    return bytes.empty() ? 0 : later_starts.size() + 1;
  }
  [[nodiscard]] std::size_t start(std::size_t i) const noexcept {
    return i == 0 ? 0 : i <= later_starts.size() ? later_starts[i - 1] : bytes.size();
  }
  /// Of the frames [first, last).
  [[nodiscard]] std::size_t size(std::size_t first, std::size_t last) const noexcept {
    return start(last) - start(first);
  }

private:
  void note_start() {
    if (!bytes.empty())
      later_starts.push_back(static_cast<std::uint32_t>(bytes.size()));
  }
};

using shared_block = std::shared_ptr<const frame_block>;

/// A block of one frame.
[[nodiscard]] shared_block make_block(std::string frame);

/// Some consecutive frames of a block that somebody else keeps.
struct frame_view {
  const shared_block& block;
  std::uint32_t first;
  std::uint32_t last; ///< one behind

  [[nodiscard]] std::size_t size() const noexcept { return block->size(first, last); }
  [[nodiscard]] std::size_t count() const noexcept { return last - first; }
};

/// Some consecutive frames of a block.
struct frame_slice {
  shared_block block;
  std::uint32_t first = 0;
  std::uint32_t last = 0; ///< one behind

  [[nodiscard]] std::size_t size() const noexcept { return block->size(first, last); }
  [[nodiscard]] std::size_t count() const noexcept { return last - first; }
  [[nodiscard]] frame_view view() const noexcept { return {block, first, last}; }
  [[nodiscard]] std::string_view bytes() const noexcept {
    return std::string_view{block->bytes}.substr(block->start(first), size());
  }
};

[[nodiscard]] frame_slice whole(shared_block block);

} // namespace callsign::rules

namespace callsign::detail {

/// A message seen as what it is inside: a frame that is encoded already.
struct message_access {
  /// Frame `index` of the block, whose bytes may not move any more. `is_checked`: it is known to be
  /// UTF-8.
  [[nodiscard]] static message make(const rules::shared_block& block, std::uint32_t index,
                                    message_kind kind, std::size_t payload_size, bool is_checked) {
    const std::size_t end = block->start(index + std::size_t{1});
    return {block, index, kind,
            std::string_view{block->bytes}.substr(end - payload_size, payload_size), is_checked};
  }
  [[nodiscard]] static rules::frame_slice frame(const message& what);
  /// The same without a count of references; `room` is for a message that has no frame.
  [[nodiscard]] static rules::frame_view view(const message& what, rules::shared_block& room);
  [[nodiscard]] static bool is_checked(const message& what) noexcept { return what.is_checked_; }
};

} // namespace callsign::detail
