/// \file
/// What travels on the wire.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace callsign {

namespace rules {
struct frame_block;
}
namespace detail {
struct message_access;
}

/// How a message travels: as a text frame (UTF-8) or as a binary frame.
enum class message_kind : unsigned char { text, binary };

/// One complete message. Copies share the bytes, which nobody can change: a message heard can be
/// sent on for free, and so can a message made once and sent to many.
///
/// For data type `object` the text is JSON; `callsign/native/json.hpp` reads and writes it as a
/// value.
///
/// @context any thread
/// @units   a copy of a message heard keeps the bytes of all messages that came in the same read:
///          64 KiB at most. What is kept for long is better kept as a string.
class message {
public:
  /// An empty text message.
  message();
  /// A text message. UTF-8 is checked where it is sent.
  message(const std::string& text) : message{message_kind::text, text} {}
  message(std::string_view text) : message{message_kind::text, text} {}
  message(const char* text) : message{message_kind::text, std::string_view{text}} {}
  message(message_kind kind, std::string_view bytes);

  message(const message&) = default;
  message& operator=(const message&) = default;
  /// What was moved from is an empty message.
  message(message&& other) noexcept
      : block_{std::move(other.block_)}, bytes_{std::exchange(other.bytes_, {})},
        index_{std::exchange(other.index_, 0)}, kind_{other.kind_}, is_checked_{other.is_checked_} {
  }
  message& operator=(message&& other) noexcept {
    block_ = std::move(other.block_);
    bytes_ = std::exchange(other.bytes_, {});
    index_ = std::exchange(other.index_, 0);
    kind_ = other.kind_;
    is_checked_ = other.is_checked_;
    return *this;
  }
  ~message() = default;

  [[nodiscard]] static message binary(std::string_view bytes) {
    return {message_kind::binary, bytes};
  }
  [[nodiscard]] static message binary(std::span<const std::byte> bytes) {
    return {message_kind::binary,
            std::string_view{reinterpret_cast<const char*>(bytes.data()), bytes.size()}};
  }

  [[nodiscard]] message_kind kind() const noexcept { return kind_; }
  [[nodiscard]] bool is_text() const noexcept { return kind_ == message_kind::text; }
  [[nodiscard]] bool is_binary() const noexcept { return kind_ == message_kind::binary; }
  /// The bytes, as text; for a binary message, whatever they are.
  [[nodiscard]] std::string_view text() const noexcept { return bytes_; }
  [[nodiscard]] std::span<const std::byte> bytes() const noexcept {
    return std::as_bytes(std::span{bytes_});
  }
  [[nodiscard]] std::size_t size() const noexcept { return bytes_.size(); }

  friend bool operator==(const message& a, const message& b) noexcept {
    return a.kind_ == b.kind_ && a.bytes_ == b.bytes_;
  }

private:
  friend struct detail::message_access;
  message(std::shared_ptr<const rules::frame_block> block, std::uint32_t index, message_kind kind,
          std::string_view bytes, bool is_checked) noexcept
      : block_{std::move(block)}, bytes_{bytes}, index_{index}, kind_{kind}, is_checked_{
                                                                                 is_checked} {}

  // A message is a frame, encoded once, among others in a block. What was moved from has none.
  std::shared_ptr<const rules::frame_block> block_;
  std::string_view bytes_; ///< the frame's payload
  std::uint32_t index_ = 0;
  message_kind kind_ = message_kind::text;
  bool is_checked_ = false; ///< known to be UTF-8
};

} // namespace callsign
