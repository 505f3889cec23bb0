#include "net/src/rules/frame_scanner.hpp"

#include "net/src/rules/close_rules.hpp"
#include "net/src/rules/utf8.hpp"

#include <algorithm>

namespace callsign::rules {

namespace {

constexpr std::uint8_t text = 1;
constexpr std::uint8_t binary = 2;
constexpr std::uint8_t close_opcode = 8;
constexpr std::uint8_t last_opcode = 10;

} // namespace

void frame_scanner::fail(scan_end how, std::string_view why) noexcept {
  end_ = how;
  why_ = why;
}

frame_scanner::result frame_scanner::scan(std::string_view bytes) {
  std::size_t frame_begin = 0; // of the frame that is arriving, in these bytes
  std::size_t at = 0;
  while (at < bytes.size() && end_ == scan_end::none) {
    if (payload_left_ > 0) {
      const auto now =
          static_cast<std::size_t>(std::min<std::uint64_t>(payload_left_, bytes.size() - at));
      if (is_control()) {
        // Only a Close is kept; its mask is taken off at its end.
        if ((head_[0] & 0x0FU) == close_opcode)
          close_payload_ += bytes.substr(at, now);
      } else {
        message_bytes_ += now;
      }
      at += now;
      payload_left_ -= now;
      if (payload_left_ == 0)
        end_frame();
      if (payload_left_ == 0 && end_ == scan_end::none)
        frame_begin = at;
      continue;
    }
    const auto byte = static_cast<std::uint8_t>(bytes[at]);
    head_[head_size_++] = byte;
    ++at;
    if (head_size_ == 1)
      begin_head(byte);
    if (head_size_ == 2)
      check_second(byte);
    if (end_ != scan_end::none)
      break;
    if (head_size_ == head_need_ - 4)
      check_length();
    if (end_ != scan_end::none || head_size_ < head_need_)
      continue;
    begin_payload();
    if (payload_left_ == 0) {
      end_frame();
      if (end_ == scan_end::none)
        frame_begin = at;
    }
  }
  return {end_ == scan_end::none ? bytes.size() : frame_begin, end_};
}

void frame_scanner::begin_head(std::uint8_t first) noexcept {
  head_need_ = 2;
  if (!is_in_message_)
    ++begun_;
  const unsigned opcode = first & 0x0FU;
  if ((first & 0x70U) != 0)
    return fail(scan_end::protocol_error, "reserved bits are set");
  if ((opcode > binary && opcode < close_opcode) || opcode > last_opcode) {
    return fail(scan_end::protocol_error, "the opcode is reserved");
  }
  if (opcode >= close_opcode) {
    if (!is_final())
      fail(scan_end::protocol_error, "a control frame is fragmented");
    return;
  }
  if (opcode == 0 && !has_fragment_)
    return fail(scan_end::protocol_error, "there is nothing to continue");
  if (opcode != 0 && has_fragment_)
    return fail(scan_end::protocol_error, "a new message begins inside another");
  if (opcode == text || opcode == binary) {
    is_in_message_ = true;
    message_bytes_ = announced_bytes_ = fragments_ = 0;
  }
  if (++fragments_ > limits_.max_fragments) {
    fail(scan_end::too_many_fragments, "the message has too many fragments");
  }
}

void frame_scanner::check_second(std::uint8_t second) noexcept {
  if (end_ != scan_end::none)
    return;
  if ((second & 0x80U) == 0)
    return fail(scan_end::protocol_error, "a client's frame is not masked");
  const unsigned length = second & 0x7FU;
  if (is_control() && length > 125)
    return fail(scan_end::protocol_error, "a control frame is too long");
  head_need_ = static_cast<std::uint8_t>(6 + (length == 126 ? 2 : length == 127 ? 8 : 0));
}

/// The length is known; the mask is still to come.
void frame_scanner::check_length() noexcept {
  std::uint64_t length = head_[1] & 0x7FU;
  if (length >= 126) {
    const bool is_long = length == 127;
    length = 0;
    for (std::size_t i = 2; i < (is_long ? 10U : 4U); ++i)
      length = length << 8 | head_[i];
    if (length < (is_long ? 0x10000U : 126U)) {
      return fail(scan_end::protocol_error, "a length is written longer than it need be");
    }
  }
  payload_left_ = 0;
  if (is_control())
    return;
  if (length > limits_.max_message_bytes || announced_bytes_ > limits_.max_message_bytes - length) {
    return fail(scan_end::message_too_big, "the message is too big");
  }
  announced_bytes_ += static_cast<std::size_t>(length);
}

void frame_scanner::begin_payload() noexcept {
  std::uint64_t length = head_[1] & 0x7FU;
  if (length >= 126) {
    const std::size_t end = head_need_ - 4U;
    length = 0;
    for (std::size_t i = 2; i < end; ++i)
      length = length << 8 | head_[i];
  }
  payload_left_ = length;
  head_size_ = 0;
}

void frame_scanner::end_frame() {
  if (is_control()) {
    if ((head_[0] & 0x0FU) == close_opcode)
      read_close();
    return;
  }
  has_fragment_ = !is_final();
  if (is_final()) {
    is_in_message_ = false;
    message_bytes_ = announced_bytes_ = fragments_ = 0;
  }
}

void frame_scanner::read_close() {
  for (std::size_t i = 0; i < close_payload_.size(); ++i) {
    // The mask stands behind the two bytes of a short head.
    close_payload_[i] =
        static_cast<char>(static_cast<std::uint8_t>(close_payload_[i]) ^ head_[2 + i % 4]);
  }
  if (close_payload_.size() == 1)
    return fail(scan_end::protocol_error, "half a close code");
  if (!close_payload_.empty()) {
    const auto code = static_cast<close_code>(static_cast<std::uint8_t>(close_payload_[0]) << 8 |
                                              static_cast<std::uint8_t>(close_payload_[1]));
    if (!may_receive(code))
      return fail(scan_end::protocol_error, "a close code that nobody may send");
    const std::string_view reason = std::string_view{close_payload_}.substr(2);
    if (!is_utf8(reason))
      return fail(scan_end::invalid_utf8, "the reason is not UTF-8");
    client_code_ = code;
    client_reason_ = reason;
  }
  end_ = scan_end::close;
}

} // namespace callsign::rules
