#include "net/src/rules/frame_decoder.hpp"

#include "actors/src/utf8.hpp"
#include "net/src/rules/close_rules.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace callsign::rules {

namespace {

constexpr std::uint8_t text = 1;
constexpr std::uint8_t binary = 2;
constexpr std::uint8_t close_opcode = 8;
constexpr std::uint8_t ping_opcode = 9;
constexpr std::uint8_t last_opcode = 10;

/// So much is set aside at once for a message that was only announced.
constexpr std::size_t most_on_trust = 64 * 1024;
/// Of a server's frame.
constexpr std::size_t most_head = 10;

/// @source RFC 6455 section 5.3; `offset` is that of the bytes in their frame
void unmask(std::span<char> bytes, const std::uint8_t* mask, std::uint64_t offset) noexcept {
  std::array<std::uint8_t, 8> turned{};
  for (std::size_t i = 0; i < turned.size(); ++i)
    turned[i] = mask[(offset + i) % 4];
  std::uint64_t eight_masks = 0;
  std::memcpy(&eight_masks, turned.data(), sizeof eight_masks);
  char* at = bytes.data();
  std::size_t left = bytes.size();
  // Four at a time, so that the processor has them side by side.
  for (std::array<std::uint64_t, 4> some{}; left >= sizeof some;
       left -= sizeof some, at += sizeof some) {
    std::memcpy(some.data(), at, sizeof some);
    for (auto& one : some)
      one ^= eight_masks;
    std::memcpy(at, some.data(), sizeof some);
  }
  for (; left >= sizeof eight_masks; left -= sizeof eight_masks, at += sizeof eight_masks) {
    std::uint64_t eight = 0;
    std::memcpy(&eight, at, sizeof eight);
    eight ^= eight_masks;
    std::memcpy(at, &eight, sizeof eight);
  }
  for (std::size_t i = 0; i < left; ++i)
    at[i] = static_cast<char>(static_cast<std::uint8_t>(at[i]) ^ turned[i]);
}

/// What a block needs for the data frames that are whole in these bytes. Where the bytes are wrong
/// it counts too many, never too few.
struct room {
  std::size_t bytes = 0;
  std::size_t frames = 0;
};
[[nodiscard]] room room_for(std::span<const char> bytes) noexcept {
  room all;
  std::size_t at = 0;
  while (bytes.size() - at >= 6) {
    const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(bytes[at + i]); };
    std::uint64_t size = byte(1) & 0x7FU;
    std::size_t head = 6;
    if (size >= 126) {
      head = size == 126 ? 8 : 14;
      if (bytes.size() - at < head)
        break;
      size = 0;
      for (std::size_t i = 2; i < head - 4; ++i)
        size = size << 8 | byte(i);
    }
    if (size > bytes.size() - at - head)
      break;
    if ((byte(0) & 0x08U) == 0) {
      all.bytes += most_head + static_cast<std::size_t>(size);
      ++all.frames;
    }
    at += head + static_cast<std::size_t>(size);
  }
  return all;
}

} // namespace

void frame_decoder::fail(decode_end how, std::string_view why) noexcept {
  end_ = how;
  why_ = why;
}

void frame_decoder::fail_utf8() noexcept {
  fail(decode_end::invalid_utf8,
       kind_ == message_kind::text ? "the text is not UTF-8" : "the message is not UTF-8");
}

decode_end frame_decoder::take(std::span<char> bytes, inbound& into) {
  work now{bytes, 0, into, nullptr};
  while (now.at < bytes.size() && end_ == decode_end::none) {
    if (payload_left_ > 0) {
      read_payload(now);
    } else {
      read_head(now);
    }
  }
  return end_;
}

// -- heads ----------------------------------------------------------------------------------------

void frame_decoder::read_head(work& now) {
  const auto byte = static_cast<std::uint8_t>(now.bytes[now.at]);
  head_[head_size_++] = byte;
  ++now.at;
  if (head_size_ == 1)
    return begin_head(byte);
  if (head_size_ == 2)
    check_second(byte);
  if (end_ != decode_end::none)
    return;
  // What is here of the rest, at once.
  const std::size_t length_end = head_need_ - 4U;
  const auto copy_up_to = [&](std::size_t size) {
    const std::size_t more = std::min(size - head_size_, now.bytes.size() - now.at);
    std::memcpy(head_.data() + head_size_, now.bytes.data() + now.at, more);
    head_size_ = static_cast<std::uint8_t>(head_size_ + more);
    now.at += more;
  };
  if (head_size_ < length_end)
    copy_up_to(length_end);
  if (head_size_ == length_end)
    check_length();
  if (end_ != decode_end::none || head_size_ < length_end)
    return;
  copy_up_to(head_need_);
  if (head_size_ < head_need_)
    return;
  begin_payload();
  if (payload_left_ == 0)
    read_payload(now);
}

void frame_decoder::begin_head(std::uint8_t first) noexcept {
  head_need_ = 2;
  if (!is_in_message_)
    ++begun_;
  const unsigned opcode = first & 0x0FU;
  if ((first & 0x70U) != 0)
    return fail(decode_end::protocol_error, "reserved bits are set");
  if ((opcode > binary && opcode < close_opcode) || opcode > last_opcode)
    return fail(decode_end::protocol_error, "the opcode is reserved");
  if (opcode >= close_opcode) {
    if (!is_final())
      fail(decode_end::protocol_error, "a control frame is fragmented");
    return;
  }
  if (opcode == 0 && !has_fragment_)
    return fail(decode_end::protocol_error, "there is nothing to continue");
  if (opcode != 0 && has_fragment_)
    return fail(decode_end::protocol_error, "a new message begins inside another");
  if (opcode != 0) {
    is_in_message_ = true;
    kind_ = opcode == text ? message_kind::text : message_kind::binary;
    message_bytes_ = announced_bytes_ = fragments_ = 0;
  }
  if (++fragments_ > limits_.max_fragments)
    fail(decode_end::too_many_fragments, "the message has too many fragments");
}

void frame_decoder::check_second(std::uint8_t second) noexcept {
  if ((second & 0x80U) == 0)
    return fail(decode_end::protocol_error, "a client's frame is not masked");
  const unsigned length = second & 0x7FU;
  if (is_control() && length > 125)
    return fail(decode_end::protocol_error, "a control frame is too long");
  head_need_ = static_cast<std::uint8_t>(6 + (length == 126 ? 2 : length == 127 ? 8 : 0));
}

std::uint64_t frame_decoder::length() const noexcept {
  const std::uint64_t brief = head_[1] & 0x7FU;
  if (brief < 126)
    return brief;
  std::uint64_t all = 0;
  for (std::size_t i = 2; i < (brief == 127 ? 10U : 4U); ++i)
    all = all << 8 | head_[i];
  return all;
}

/// The length is known; the mask is still to come.
void frame_decoder::check_length() noexcept {
  const unsigned brief = head_[1] & 0x7FU;
  const std::uint64_t size = length();
  if (brief >= 126 && size < (brief == 127 ? 0x10000U : 126U))
    return fail(decode_end::protocol_error, "a length is written longer than it need be");
  if (is_control())
    return;
  if (size > limits_.max_message_bytes || announced_bytes_ > limits_.max_message_bytes - size)
    return fail(decode_end::message_too_big, "the message is too big");
  announced_bytes_ += static_cast<std::size_t>(size);
}

void frame_decoder::begin_payload() noexcept {
  payload_left_ = length();
  payload_read_ = 0;
  head_size_ = 0;
}

// -- payloads -------------------------------------------------------------------------------------

void frame_decoder::read_payload(work& now) {
  const auto size =
      static_cast<std::size_t>(std::min<std::uint64_t>(payload_left_, now.bytes.size() - now.at));
  const std::span<char> here = now.bytes.subspan(now.at, size);
  unmask(here, head_.data() + (head_need_ - 4), payload_read_);
  const std::string_view payload{here.data(), here.size()};
  now.at += size;
  const bool is_whole = payload_read_ == 0 && size == payload_left_;
  payload_read_ += size;
  payload_left_ -= size;
  if (is_control()) {
    control_ += payload;
    if (payload_left_ == 0)
      end_control(now);
    return;
  }
  message_bytes_ += size;
  if (is_whole && is_alone())
    return take_whole(now, payload);
  take_part(payload);
  if (end_ == decode_end::none && payload_left_ == 0)
    end_frame(now);
}

/// A message of one frame, all of it here.
void frame_decoder::take_whole(work& now, std::string_view payload) {
  is_in_message_ = false;
  message_bytes_ = announced_bytes_ = fragments_ = 0;
  if (is_checked() && !detail::is_utf8(payload))
    return fail_utf8();
  if (now.block == nullptr) {
    // Room for all that can follow, so that nothing in it moves.
    const room behind = room_for(now.bytes.subspan(now.at));
    now.block = std::make_shared<frame_block>();
    now.block->bytes.reserve(most_head + payload.size() + behind.bytes);
    now.block->later_starts.reserve(behind.frames);
    now.into.messages.reserve(now.into.messages.size() + 1 + behind.frames);
  }
  now.block->append(opcode_of(kind_), payload);
  now.into.messages.push_back(
      detail::message_access::make(now.block, static_cast<std::uint32_t>(now.block->count() - 1),
                                   kind_, payload.size(), is_checked()));
}

void frame_decoder::take_part(std::string_view payload) {
  if (unfinished_ == nullptr) {
    unfinished_ = std::make_unique<unfinished>();
    auto& bytes = unfinished_->bytes;
    bytes.reserve(std::min(announced_bytes_ + most_head, most_on_trust));
    if (is_alone()) {
      append_head(bytes, opcode_of(kind_), announced_bytes_);
      unfinished_->head = unfinished_->checked = bytes.size();
    }
  }
  unfinished_->bytes += payload;
  if (!is_checked())
    return;
  const auto seen =
      detail::check_utf8(std::string_view{unfinished_->bytes}.substr(unfinished_->checked));
  if (seen.is_bad)
    return fail_utf8();
  unfinished_->checked += seen.good;
}

void frame_decoder::end_frame(work& now) {
  has_fragment_ = !is_final();
  if (is_final())
    end_message(now);
}

void frame_decoder::end_message(work& now) {
  const std::unique_ptr<unfinished> all = std::move(unfinished_);
  const std::size_t size = message_bytes_;
  is_in_message_ = false;
  message_bytes_ = announced_bytes_ = fragments_ = 0;
  if (is_checked() && all->checked != all->bytes.size())
    return fail_utf8(); // it ends inside a character
  const shared_block block = make_block(all->head > 0 ? std::move(all->bytes)
                                                      : encode_frame(opcode_of(kind_), all->bytes));
  now.into.messages.push_back(detail::message_access::make(block, 0, kind_, size, is_checked()));
}

void frame_decoder::end_control(work& now) {
  const unsigned opcode = head_[0] & 0x0FU;
  if (opcode == close_opcode)
    return read_close();
  if (opcode == ping_opcode)
    now.into.pings.push_back(std::move(control_));
  control_ = {};
}

void frame_decoder::read_close() {
  if (control_.size() == 1)
    return fail(decode_end::protocol_error, "half a close code");
  if (!control_.empty()) {
    const auto code = static_cast<close_code>(static_cast<std::uint8_t>(control_[0]) << 8 |
                                              static_cast<std::uint8_t>(control_[1]));
    if (!may_receive(code))
      return fail(decode_end::protocol_error, "a close code that nobody may send");
    if (!detail::is_utf8(std::string_view{control_}.substr(2)))
      return fail(decode_end::invalid_utf8, "the reason is not UTF-8");
    client_code_ = code;
  }
  end_ = decode_end::close;
}

} // namespace callsign::rules
