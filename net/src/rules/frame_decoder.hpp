/// \file
/// Makes messages of the bytes that a client sends. A pure machine.
#pragma once

#include "net/src/rules/frame.hpp"

#include <callsign/events.hpp>
#include <callsign/message.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace callsign::rules {

struct decode_limits {
  std::size_t max_message_bytes = 1024 * 1024;
  std::size_t max_fragments = 1024;
  bool must_be_utf8 = false; ///< binary messages too
};

/// What ends a line, as its bytes show it.
enum class decode_end : std::uint8_t {
  none,
  close,              ///< a proper Close frame; see `client_code` and `client_reason`
  protocol_error,     ///< 1002
  invalid_utf8,       ///< 1007
  message_too_big,    ///< 1009
  too_many_fragments, ///< 1009
};

/// What some bytes brought.
struct inbound {
  std::vector<message> messages;  ///< that are complete, in order
  std::vector<std::string> pings; ///< their payloads, each to be answered with a Pong
};

/// Everything that RFC 6455 asks of a server that reads, for a line without extensions: reserved
/// bits, opcodes, masks, lengths, the order of fragments, UTF-8, the limits (before any payload
/// comes), and the whole of a Close frame.
///
/// A message is laid down once, as the frame that would send it on, next to the others that the
/// same bytes brought: an echo or a relay need not encode it again. A message that is not complete
/// is kept here, and its UTF-8 is judged as it comes. Between messages the machine holds no memory.
///
/// The bytes of a message may come to its limit exactly. Fragments are bounded by their number
/// alone, as they are put into one string and cost no memory of their own.
///
/// @source RFC 6455 sections 5 to 8; limits V1 and V14 of the reliability list
class frame_decoder {
public:
  frame_decoder() = default;
  explicit frame_decoder(decode_limits limits) : limits_{limits} {}

  /// Takes the next bytes of the line and unmasks them where they are. What is good is added to
  /// `into`, also when something behind it ends the line. After an end nothing more is taken.
  decode_end take(std::span<char> bytes, inbound& into);

  [[nodiscard]] decode_end end() const noexcept { return end_; }
  /// A sentence about what was wrong, short enough for a Close frame.
  [[nodiscard]] std::string_view why() const noexcept { return why_; }
  /// The code of the client's Close; 0 if it had none.
  [[nodiscard]] close_code client_code() const noexcept { return client_code_; }
  [[nodiscard]] std::string client_reason() const {
    return end_ == decode_end::close && control_.size() > 2 ? control_.substr(2) : std::string{};
  }

  /// A message or a control frame has begun and is not complete. `begun` changes whenever another
  /// one begins.
  [[nodiscard]] bool is_inside() const noexcept {
    return is_in_message_ || head_size_ > 0 || payload_left_ > 0;
  }
  [[nodiscard]] std::uint32_t begun() const noexcept { return begun_; }
  /// Payload bytes of the message that is arriving.
  [[nodiscard]] std::size_t partial_bytes() const noexcept { return message_bytes_; }

private:
  /// A message that is not complete.
  struct unfinished {
    std::string bytes;
    std::size_t head = 0;    ///< so many bytes in front are the frame's head already
    std::size_t checked = 0; ///< so many bytes are a head, or whole characters
  };
  /// What one call of `take` works on.
  struct work {
    std::span<char> bytes;
    std::size_t at = 0;
    inbound& into;
    std::shared_ptr<frame_block> block;
  };

  void fail(decode_end how, std::string_view why) noexcept;
  void fail_utf8() noexcept;
  void read_head(work& now);
  void begin_head(std::uint8_t first) noexcept;
  void check_second(std::uint8_t second) noexcept;
  void check_length() noexcept;
  void begin_payload() noexcept;
  void read_payload(work& now);
  void take_whole(work& now, std::string_view payload);
  void take_part(std::string_view payload);
  void end_frame(work& now);
  void end_message(work& now);
  void end_control(work& now);
  void read_close();
  [[nodiscard]] std::uint64_t length() const noexcept;
  [[nodiscard]] bool is_control() const noexcept { return (head_[0] & 0x08U) != 0; }
  [[nodiscard]] bool is_final() const noexcept { return (head_[0] & 0x80U) != 0; }
  [[nodiscard]] bool is_alone() const noexcept { return is_final() && !has_fragment_; }
  [[nodiscard]] bool is_checked() const noexcept {
    return kind_ == message_kind::text || limits_.must_be_utf8;
  }

  decode_limits limits_;
  std::array<std::uint8_t, 14> head_{};
  std::uint8_t head_size_ = 0; ///< bytes of a head that is not complete
  std::uint8_t head_need_ = 2;
  bool is_in_message_ = false;
  bool has_fragment_ = false; ///< a fragment of the message is complete, and not the last
  message_kind kind_ = message_kind::text;
  decode_end end_ = decode_end::none;
  close_code client_code_ = 0;
  std::uint32_t begun_ = 0;
  std::uint64_t payload_left_ = 0;
  std::uint64_t payload_read_ = 0; ///< of the frame that is arriving
  std::size_t message_bytes_ = 0;
  std::size_t announced_bytes_ = 0; ///< of the message, up to the end of the frame that is arriving
  std::size_t fragments_ = 0;
  std::unique_ptr<unfinished> unfinished_;
  std::string control_; ///< payload of a control frame that is not complete, or of the Close
  std::string_view why_;
};

} // namespace callsign::rules
