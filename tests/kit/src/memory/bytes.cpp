// A client that speaks in bytes: what it says are masked frames, cut anywhere.

#include "tests/kit/src/memory/door.hpp"

#include "net/src/rules/close_rules.hpp"
#include "net/src/rules/frame.hpp"
#include "tests/kit/src/masked_frame.hpp"

#include <algorithm>
#include <array>
#include <span>

namespace callsign::testkit::memory {

/// Whether it breaks here, and then it does.
bool line::breaks_at(const std::optional<std::size_t>& number, std::size_t now) {
  if (number != now)
    return false;
  to_server_.clear();
  under_way_.clear();
  has_hung_up_ = true;
  is_silent_ = true;
  end(conclusion_ ? *conclusion_ : door::end_facts{door::end_cause::line_lost, 0, {}});
  return true;
}

void line::read_bytes() {
  if (breaks_at(transport_->failing_read, reads++))
    return;
  if (under_way_.empty()) {
    const auto what = std::move(to_server_.front());
    to_server_.pop_front();
    const auto opcode_of = [this](message_kind type) -> unsigned {
      return fragments_said_ > 0 ? 0U : type == message_kind::text ? 1U : 2U;
    };
    switch (what.what) {
    case item::kind::message:
      under_way_ = masked_frame(true, opcode_of(what.type), what.bytes);
      fragments_said_ = 0;
      break;
    case item::kind::part:
      under_way_ = masked_frame(false, opcode_of(what.type), what.bytes);
      ++fragments_said_;
      break;
    case item::kind::ping: under_way_ = masked_frame(true, 9, what.bytes); break;
    case item::kind::pong: under_way_ = masked_frame(true, 10, what.bytes); break;
    case item::kind::close: {
      std::string payload;
      if (what.code != 0) {
        payload = {static_cast<char>(what.code >> 8), static_cast<char>(what.code & 0xFF)};
        payload += what.bytes;
      }
      under_way_ = masked_frame(true, 8, payload);
      break;
    }
    case item::kind::nonsense: under_way_ = masked_frame(true, 3, {}); break;
    case item::kind::hang_up: return;
    }
  }
  auto count = std::min(under_way_.size(), transport_->bytes_at_once.value_or(under_way_.size()));
  for (const auto& limit : {transport_->breaks_behind, transport_->stalls_behind}) {
    if (limit)
      count = std::min(count, *limit - bytes_said);
  }
  bytes_said += count;
  auto bytes = under_way_.substr(0, count);
  under_way_.erase(0, count);
  if (count > 0)
    decode(std::move(bytes));
  if (breaks_at(transport_->breaks_behind, bytes_said) || transport_->stalls_behind != bytes_said)
    return;
  to_server_.clear();
  under_way_.clear();
  is_silent_ = true;
}

/// As the session with sockets does it.
void line::decode(std::string bytes) {
  rules::inbound brought;
  const auto ending = decoder_.take(std::span<char>{bytes}, brought);
  ear_->heard();
  if (const auto now = decoder_.partial_bytes(); now != reassembled_) {
    const auto before = std::exchange(reassembled_, now);
    ear_->reassembling(static_cast<std::ptrdiff_t>(now) - static_cast<std::ptrdiff_t>(before));
  }
  if (!decoder_.is_inside() || ending != rules::decode_end::none) {
    watch_message(false);
    fragments_ = 0;
  } else if (fragments_ != decoder_.begun()) {
    fragments_ = decoder_.begun();
    message_left_ = terms_.message_deadline;
    watch_message(true);
  }
  for (const auto& payload : brought.pings) {
    ear_->out().push_control(rules::encode_frame(rules::opcode::pong, payload));
    mark_dirty();
  }
  if (!brought.messages.empty())
    ear_->received(std::move(brought.messages));
  switch (ending) {
  case rules::decode_end::none: return;
  case rules::decode_end::close:
    return conclude({door::end_cause::closed, decoder_.client_code(), decoder_.client_reason()},
                    rules::encode_close(decoder_.client_code(), {}));
  case rules::decode_end::protocol_error:
    return fail(door::end_cause::protocol_error, closing::protocol_error, decoder_.why());
  case rules::decode_end::invalid_utf8:
    return fail(door::end_cause::invalid_utf8, closing::invalid_utf8, decoder_.why());
  case rules::decode_end::message_too_big:
    return fail(door::end_cause::message_too_big, closing::too_big, decoder_.why());
  case rules::decode_end::too_many_fragments:
    return fail(door::end_cause::too_many_fragments, closing::too_big, decoder_.why());
  }
}

} // namespace callsign::testkit::memory
