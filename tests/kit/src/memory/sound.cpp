#include "tests/kit/src/memory/sound.hpp"

#include "net/src/rules/spoken.hpp"
#include "tests/kit/src/memory/transcript.hpp"

namespace callsign::testkit::memory {

std::string sound::in_words() const {
  switch (what) {
  case kind::refused:
    return code == 0 ? "nobody listens there"
                     : "refused with HTTP " + std::to_string(code) + (bytes.empty() ? "" : " ") +
                           (bytes.empty() ? "" : in_quotes(bytes));
  case kind::opened: return "admitted with HTTP 101";
  case kind::text: return in_quotes(bytes);
  case kind::binary: return in_hex(bytes);
  case kind::ping: return "a ping";
  case kind::pong: return "a pong";
  case kind::goodbye:
    return "goodbye " + (code == 0 ? "without a code" : std::to_string(code)) +
           (bytes.empty() ? "" : " " + in_quotes(bytes));
  case kind::cut: return "the line is cut";
  case kind::nonsense: return "nonsense: " + bytes;
  }
  return "nothing";
}

void hearing::feed(std::string_view bytes, const std::function<void(sound)>& each) {
  waiting_ += bytes;
  while (!is_deaf_ && (is_open_ ? take_frame(each) : take_head(each))) {
  }
  if (is_deaf_ && !waiting_.empty()) {
    each({sound::kind::nonsense, 0, "bytes behind the Close frame"});
    waiting_.clear();
  }
}

bool hearing::take_head(const std::function<void(sound)>& each) {
  auto first = rules::first_head(waiting_);
  if (!first)
    return false;
  head_ = std::move(first->bytes);
  waiting_.erase(0, first->on_wire);
  is_open_ = head_.starts_with("HTTP/1.1 101 ");
  is_deaf_ = !is_open_;
  each(is_open_ ? sound{sound::kind::opened, 101, {}}
                : sound{sound::kind::nonsense, 0, "no 101 before frames"});
  return is_open_;
}

bool hearing::take_frame(const std::function<void(sound)>& each) {
  auto first = rules::first_frame(waiting_);
  if (!first)
    return false;
  sound now{sound::kind::nonsense, first->code, std::move(first->bytes)};
  switch (first->what) {
  case rules::spoken::kind::text: now.what = sound::kind::text; break;
  case rules::spoken::kind::binary: now.what = sound::kind::binary; break;
  case rules::spoken::kind::ping: now.what = sound::kind::ping; break;
  case rules::spoken::kind::pong: now.what = sound::kind::pong; break;
  case rules::spoken::kind::goodbye: now.what = sound::kind::goodbye; break;
  case rules::spoken::kind::head:
  case rules::spoken::kind::nonsense: {
    const bool is_masked = (static_cast<unsigned char>(waiting_[1]) & 0x80U) != 0;
    now.bytes =
        is_masked ? "a masked frame" : "a frame that begins with " + in_hex(waiting_.substr(0, 1));
  }
  }
  is_deaf_ = now.what == sound::kind::nonsense || now.what == sound::kind::goodbye;
  waiting_.erase(0, first->on_wire);
  each(std::move(now));
  return !is_deaf_;
}

} // namespace callsign::testkit::memory
