/// \file
/// Watches a client's frames go by: heads, limits, the closing handshake. A pure machine.
#pragma once

#include <callsign/events.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace callsign::rules {

struct scan_limits {
  std::size_t max_message_bytes = 1024 * 1024;
  std::size_t max_fragments = 1024;
};

/// What ends a line, as its bytes show it.
enum class scan_end : std::uint8_t {
  none,
  close,              ///< a proper Close frame; see `client_code` and `client_reason`
  protocol_error,     ///< 1002
  invalid_utf8,       ///< 1007: the reason of a Close
  message_too_big,    ///< 1009
  too_many_fragments, ///< 1009
};

/// Stands in front of the reader that unmasks and assembles, and decides everything that a frame's
/// head decides: reserved bits, opcodes, masks, lengths, the order of fragments, the limits (before
/// any payload comes), and the whole of a Close frame. The reader behind it never sees the frame
/// that ends the line.
///
/// The bytes of a message may come to its limit exactly. Tiny fragments are bounded by their number
/// alone, as they are put into one buffer and cost no memory of their own.
///
/// @source RFC 6455 sections 5 and 7; limits V1 and V14 of the reliability list
class frame_scanner {
public:
  struct result {
    std::size_t good = 0; ///< so many of the bytes may be handed on
    scan_end end = scan_end::none;
  };

  frame_scanner() = default;
  explicit frame_scanner(scan_limits limits) : limits_{limits} {}

  /// The next bytes of the line. After an end was found nothing more is good.
  [[nodiscard]] result scan(std::string_view bytes);

  [[nodiscard]] scan_end end() const noexcept { return end_; }
  /// A sentence about what was wrong, short enough for a Close frame.
  [[nodiscard]] std::string_view why() const noexcept { return why_; }
  /// The code of the client's Close; 0 if it had none.
  [[nodiscard]] close_code client_code() const noexcept { return client_code_; }
  [[nodiscard]] const std::string& client_reason() const noexcept { return client_reason_; }

  /// A message or a control frame has begun and is not complete. `begun` changes whenever another
  /// one begins.
  [[nodiscard]] bool is_inside() const noexcept {
    return is_in_message_ || head_size_ > 0 || payload_left_ > 0;
  }
  [[nodiscard]] std::uint64_t begun() const noexcept { return begun_; }
  /// Payload bytes of the message that is arriving.
  [[nodiscard]] std::size_t partial_bytes() const noexcept { return message_bytes_; }

private:
  void fail(scan_end how, std::string_view why) noexcept;
  void begin_head(std::uint8_t first) noexcept;
  void check_second(std::uint8_t second) noexcept;
  void check_length() noexcept;
  void begin_payload() noexcept;
  void end_frame();
  void read_close();
  [[nodiscard]] bool is_control() const noexcept { return (head_[0] & 0x08U) != 0; }
  [[nodiscard]] bool is_final() const noexcept { return (head_[0] & 0x80U) != 0; }

  scan_limits limits_;
  std::array<std::uint8_t, 14> head_{};
  std::uint8_t head_size_ = 0; ///< bytes of a head that is not complete
  std::uint8_t head_need_ = 2;
  std::uint64_t payload_left_ = 0;
  bool is_in_message_ = false;
  bool has_fragment_ = false;
  std::size_t message_bytes_ = 0;
  std::size_t announced_bytes_ = 0; ///< of the message, up to the end of the frame that is arriving
  std::size_t fragments_ = 0;
  std::uint64_t begun_ = 0;
  std::string close_payload_;
  close_code client_code_ = 0;
  std::string client_reason_;
  scan_end end_ = scan_end::none;
  std::string_view why_;
};

} // namespace callsign::rules
