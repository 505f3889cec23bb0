#include "tests/kit/src/memory/sound.hpp"

#include "tests/kit/src/memory/transcript.hpp"

#include <charconv>

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
  const auto end = waiting_.find("\r\n\r\n");
  if (end == std::string::npos)
    return false;
  head_ = waiting_.substr(0, end + 2);
  waiting_.erase(0, end + 4);
  is_open_ = head_.starts_with("HTTP/1.1 101 ");
  is_deaf_ = !is_open_;
  each(is_open_ ? sound{sound::kind::opened, 101, {}}
                : sound{sound::kind::nonsense, 0, "no 101 before frames"});
  return is_open_;
}

bool hearing::take_frame(const std::function<void(sound)>& each) {
  if (waiting_.size() < 2)
    return false;
  const auto at = [this](std::size_t i) { return static_cast<unsigned char>(waiting_[i]); };
  std::size_t head = 2;
  std::uint64_t size = at(1) & 0x7FU;
  if (size >= 126) {
    const std::size_t bytes = size == 126 ? 2 : 8;
    head += bytes;
    if (waiting_.size() < head)
      return false;
    size = 0;
    for (std::size_t i = 0; i < bytes; ++i)
      size = size << 8U | at(2 + i);
  }
  if (waiting_.size() < head + size)
    return false;
  const unsigned first = at(0);
  sound now{sound::kind::nonsense, 0, waiting_.substr(head, size)};
  if ((at(1) & 0x80U) != 0) {
    now.bytes = "a masked frame";
  } else {
    switch (first) {
    case 0x81: now.what = sound::kind::text; break;
    case 0x82: now.what = sound::kind::binary; break;
    case 0x89: now.what = sound::kind::ping; break;
    case 0x8A: now.what = sound::kind::pong; break;
    case 0x88:
      now.what = sound::kind::goodbye;
      if (now.bytes.size() >= 2) {
        now.code = static_cast<unsigned char>(now.bytes[0]) << 8U |
                   static_cast<unsigned char>(now.bytes[1]);
        now.bytes.erase(0, 2);
      }
      is_deaf_ = true;
      break;
    default: now.bytes = "a frame that begins with " + in_hex(waiting_.substr(0, 1));
    }
  }
  if (now.what == sound::kind::nonsense)
    is_deaf_ = true;
  waiting_.erase(0, head + size);
  each(std::move(now));
  return !is_deaf_;
}

} // namespace callsign::testkit::memory
