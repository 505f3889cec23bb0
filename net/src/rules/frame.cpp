#include "net/src/rules/frame.hpp"

namespace callsign::rules {

void append_frame(std::string& to, opcode what, std::string_view payload) {
  to += static_cast<char>(0x80 | static_cast<unsigned>(what));
  const std::uint64_t size = payload.size();
  if (size < 126) {
    to += static_cast<char>(size);
  } else {
    const int bytes = size <= 0xFFFF ? 2 : 8;
    to += static_cast<char>(bytes == 2 ? 126 : 127);
    for (int i = bytes - 1; i >= 0; --i)
      to += static_cast<char>((size >> (8 * i)) & 0xFF);
  }
  to += payload;
}

std::string encode_frame(opcode what, std::string_view payload) {
  std::string frame;
  frame.reserve(payload.size() + 10);
  append_frame(frame, what, payload);
  return frame;
}

std::string encode_frame(const message& what) {
  return encode_frame(what.is_text() ? opcode::text : opcode::binary, what.text());
}

std::string encode_close(close_code code_or_none, std::string_view reason) {
  if (code_or_none == 0 || code_or_none == close::none)
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
  block->starts.push_back(static_cast<std::uint32_t>(block->bytes.size()));
  return block;
}

frame_slice whole(shared_block block) {
  const auto count = static_cast<std::uint32_t>(block->count());
  return {std::move(block), 0, count};
}

} // namespace callsign::rules
