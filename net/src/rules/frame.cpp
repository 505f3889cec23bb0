#include "net/src/rules/frame.hpp"

namespace callsign::rules {

void append_head(std::string& to, opcode what, std::uint64_t size) {
  to += static_cast<char>(0x80 | static_cast<unsigned>(what));
  if (size < 126) {
    to += static_cast<char>(size);
  } else {
    const int bytes = size <= 0xFFFF ? 2 : 8;
    to += static_cast<char>(bytes == 2 ? 126 : 127);
    for (int i = bytes - 1; i >= 0; --i)
      to += static_cast<char>((size >> (8 * i)) & 0xFF);
  }
}

void append_frame(std::string& to, opcode what, std::string_view payload) {
  append_head(to, what, payload.size());
  to += payload;
}

std::string encode_frame(opcode what, std::string_view payload) {
  std::string frame;
  frame.reserve(payload.size() + 10);
  append_frame(frame, what, payload);
  return frame;
}

std::string encode_frame(const message& what) {
  return std::string{detail::message_access::frame(what).bytes()};
}

std::string encode_close(close_code code_or_none, std::string_view reason) {
  if (code_or_none == 0 || code_or_none == closing::none)
    return encode_frame(opcode::close, {});
  std::string payload;
  payload += static_cast<char>(code_or_none >> 8);
  payload += static_cast<char>(code_or_none & 0xFF);
  payload += cut_reason(reason);
  return encode_frame(opcode::close, payload);
}

std::string_view cut_reason(std::string_view reason) noexcept {
  constexpr std::size_t room = 123;
  if (reason.size() <= room)
    return reason;
  std::size_t end = room;
  while (end > 0 && (static_cast<unsigned char>(reason[end]) & 0xC0) == 0x80)
    --end;
  return reason.substr(0, end);
}

shared_block make_block(std::string frame) {
  auto block = std::make_shared<frame_block>();
  block->bytes = std::move(frame);
  return block;
}

frame_slice whole(shared_block block) {
  const auto count = static_cast<std::uint32_t>(block->count());
  return {std::move(block), 0, count};
}

} // namespace callsign::rules

namespace callsign {

message::message(message_kind kind, std::string_view bytes) : index_{0}, kind_{kind} {
  auto block = std::make_shared<rules::frame_block>();
  block->bytes.reserve(bytes.size() + 10);
  rules::append_frame(block->bytes, rules::opcode_of(kind), bytes);
  bytes_ = std::string_view{block->bytes}.substr(block->bytes.size() - bytes.size());
  block_ = std::move(block);
}

message::message() : message{message_kind::text, std::string_view{}} {}

rules::frame_slice detail::message_access::frame(const message& what) {
  if (what.block_ == nullptr)
    return frame(message{what.kind_, what.bytes_});
  return {what.block_, what.index_, what.index_ + 1};
}

rules::frame_view detail::message_access::view(const message& what, rules::shared_block& room) {
  if (what.block_ != nullptr)
    return {what.block_, what.index_, what.index_ + 1};
  room = frame(what).block;
  return {room, 0, 1};
}

} // namespace callsign
