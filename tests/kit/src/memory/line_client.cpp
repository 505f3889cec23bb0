// The client's end of a line.

#include "tests/kit/src/memory/door.hpp"

#include <string>
#include <utility>

namespace callsign::testkit::memory {

std::string line::item::in_words() const {
  switch (what) {
  case kind::message: return type == message_kind::text ? in_quotes(bytes) : in_hex(bytes);
  case kind::part: return "a part, " + in_quotes(bytes);
  case kind::ping: return "a ping";
  case kind::pong: return "a pong";
  case kind::close:
    return "goodbye " + (code == 0 ? "without a code" : std::to_string(code)) +
           (bytes.empty() ? "" : " " + in_quotes(bytes));
  case kind::nonsense: return "nonsense";
  case kind::hang_up: return "hangs up";
  }
  return "nothing";
}

// -- the client's end -----------------------------------------------------------------------------

void line::send(item what) {
  if (has_closed_ || has_hung_up_ || is_silent_)
    return;
  if (what.what != item::kind::pong)
    here_.all().spoken().add(name_ + " -> " + what.in_words());
  note(what);
  has_closed_ = what.what == item::kind::close;
  has_hung_up_ = what.what == item::kind::hang_up;
  to_server_.push_back(std::move(what));
}

void line::close(int code, std::string reason) {
  send({item::kind::close, message_kind::text, code, std::move(reason)});
}

void line::vanish() {
  if (has_hung_up_ || is_over_)
    return;
  has_closed_ = false;
  is_silent_ = false;
  send({item::kind::hang_up, message_kind::text, 0, {}});
  is_silent_ = true;
}

void line::fall_silent() {
  if (!std::exchange(is_silent_, true))
    here_.all().spoken().add_of(name_, "falls silent");
}

void line::ignore_close() {
  answers_close_ = false;
  here_.all().spoken().add_of(name_, "ignores goodbyes");
}

void line::set_room(std::optional<std::size_t> bytes) {
  room_ = bytes;
  here_.all().spoken().add_of(name_,
                              bytes ? "takes " + std::to_string(*bytes) + " bytes more" : "reads");
  if (!is_over_ && unwritten() > 0 && (!room_ || *room_ > 0))
    here_.add_dirty(*this);
}

void line::renew_room(std::size_t bytes) {
  room_ = bytes;
  if (!is_over_ && unwritten() > 0)
    here_.add_dirty(*this);
}

void line::hear(sound what) {
  if (what.what == sound::kind::text || what.what == sound::kind::binary)
    ++data_frames;
  if (is_silent_)
    return;
  here_.all().spoken().add(name_ + " <- " + what.in_words());
  note(what);
  switch (what.what) {
  case sound::kind::opened: return;
  case sound::kind::ping:
    ++pings;
    send({item::kind::pong, message_kind::text, 0, std::move(what.bytes)});
    return;
  case sound::kind::goodbye:
    if (has_closed_) {
      farewell = std::move(what);
      return;
    }
    if (answers_close_)
      send({item::kind::close, message_kind::text, what.code, {}});
    break;
  default: break;
  }
  heard.push_back(std::move(what));
}

std::size_t line::unwritten() const {
  if (ear_ == nullptr)
    return 0;
  std::array<rules::piece, 64> pieces;
  const auto count = ear_->out().gather(pieces);
  std::size_t sum = 0;
  for (std::size_t i = 0; i < count; ++i)
    sum += pieces[i].size;
  return sum;
}

} // namespace callsign::testkit::memory
