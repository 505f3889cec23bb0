#include "tests/kit/src/memory/door.hpp"

#include "actors/src/utf8.hpp"
#include "net/src/rules/close_rules.hpp"
#include "net/src/rules/frame.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace callsign::testkit::memory {

namespace {

// As long as the sessions with sockets have it.
constexpr std::chrono::milliseconds answer_patience{500};
constexpr std::chrono::milliseconds last_write_patience{5000};

} // namespace

line::line(thread& here, std::shared_ptr<door::front_desk> desk, request asked, std::string name)
    : here_{here}, desk_{std::move(desk)}, asked_{std::move(asked)}, name_{std::move(name)},
      message_timer_{
          [this] { fail(door::end_cause::message_late, closing::policy, "message late"); }},
      patience_{[this] { patience_is_over(); }} {}

// -- steps ----------------------------------------------------------------------------------------

bool line::sees_hang_up() const {
  if (!has_hung_up_)
    return false;
  // The end of a line is noticed even when nothing is read; what was not read is lost.
  return !is_admitted_ || is_paused_ || conclusion_ ||
         (under_way_.empty() && to_server_.front().what == item::kind::hang_up);
}

/// Paused; but the client's Close must be seen once ours is on its way.
bool line::is_held_back() const { return is_paused_ && !ear_->out().is_close_queued(); }

std::optional<std::string> line::next_fact() const {
  const std::string at = " at I/O thread " + std::to_string(here_.index());
  if (is_over_)
    return std::nullopt;
  if (!is_asked_)
    return name_ + "'s request arrives" + at;
  if (ready_to_end_)
    return name_ + "'s session ends" + at;
  if (ear_ == nullptr)
    return std::nullopt;
  if (sees_hang_up())
    return name_ + "'s line is lost" + at;
  if (!is_admitted_ || is_held_back() || conclusion_)
    return std::nullopt;
  if (!under_way_.empty())
    return name_ + "'s bytes arrive" + at;
  if (to_server_.empty())
    return std::nullopt;
  return name_ + "'s " + to_server_.front().in_words() + " arrives" + at;
}

void line::tell_fact() {
  if (!is_asked_) {
    arrive();
  } else if (ready_to_end_) {
    is_over_ = true;
    message_timer_.disarm();
    patience_.disarm();
    const auto ear = std::exchange(ear_, nullptr);
    here_.all().forget(*this);
    if (ear != nullptr && reassembled_ > 0)
      ear->reassembling(-static_cast<std::ptrdiff_t>(reassembled_));
    if (ear != nullptr)
      ear->ended(std::move(*ready_to_end_));
  } else if (sees_hang_up()) {
    to_server_.clear();
    under_way_.clear();
    end(conclusion_ ? *conclusion_ : door::end_facts{door::end_cause::line_lost, 0, {}});
  } else if (transport_) {
    read_bytes();
  } else {
    auto what = std::move(to_server_.front());
    to_server_.pop_front();
    read(std::move(what));
  }
}

void line::arrive() {
  is_asked_ = true;
  auto answer = desk_->upgrade_asked(*this, request{asked_}, here_);
  switch (answer.what) {
  case door::upgrade_answer::kind::not_ours:
    hear({sound::kind::refused, 404, {}});
    ready_to_end_.emplace();
    return;
  case door::upgrade_answer::kind::refused:
    hear({sound::kind::refused, answer.status, std::move(answer.why)});
    ready_to_end_.emplace();
    return;
  case door::upgrade_answer::kind::waiting:
    ear_ = std::move(answer.hears);
    if (ear_ == nullptr)
      report("an upgrade waits, but nobody hears of it");
    return;
  }
}

void line::read(item what) {
  ear_->heard();
  switch (what.what) {
  case item::kind::message:
  case item::kind::part: return read_data(std::move(what));
  case item::kind::ping:
    ear_->out().push_control(rules::encode_frame(rules::opcode::pong, what.bytes));
    mark_dirty();
    return;
  case item::kind::pong: return;
  case item::kind::close: return read_close(what);
  case item::kind::nonsense:
    return fail(door::end_cause::protocol_error, closing::protocol_error, "bad frame");
  case item::kind::hang_up: return;
  }
}

void line::read_data(item what) {
  if (partial_.size() + what.bytes.size() > terms_.max_message_bytes)
    return fail(door::end_cause::message_too_big, closing::too_big, "message too big");
  if (++fragments_ > terms_.max_fragments)
    return fail(door::end_cause::too_many_fragments, closing::too_big, "too many fragments");
  if (what.what == item::kind::part) {
    if (fragments_ == 1) {
      message_left_ = terms_.message_deadline;
      watch_message(true);
    }
    partial_ += what.bytes;
    ear_->reassembling(static_cast<std::ptrdiff_t>(what.bytes.size()));
    return;
  }
  watch_message(false);
  fragments_ = 0;
  std::string whole = std::exchange(partial_, {});
  if (!whole.empty())
    ear_->reassembling(-static_cast<std::ptrdiff_t>(whole.size()));
  whole += what.bytes;
  if ((what.type == message_kind::text || terms_.must_be_utf8) && !detail::is_utf8(whole))
    return fail(door::end_cause::invalid_utf8, closing::invalid_utf8, "no UTF-8");
  ear_->received({message{what.type, whole}});
}

void line::watch_message(bool is_on) {
  if (!is_on) {
    if (message_timer_.is_armed())
      message_left_ = message_timer_.deadline() - here_.now();
    message_timer_.disarm();
  } else if (terms_.message_deadline.count() > 0 && fragments_ > 0) {
    here_.timers().arm(message_timer_, here_.now() + message_left_);
  }
}

void line::read_close(const item& what) {
  watch_message(false);
  if (what.code != 0 && !rules::may_receive(static_cast<close_code>(what.code)))
    return fail(door::end_cause::protocol_error, closing::protocol_error, "bad close code");
  const auto code = static_cast<std::uint16_t>(what.code);
  conclude({door::end_cause::closed, code, what.bytes}, rules::encode_close(code, {}));
}

void line::fail(door::end_cause how, close_code code, std::string_view why) {
  conclude({how, 0, {}}, rules::encode_close(code, why));
}

void line::conclude(door::end_facts how, std::string close_frame) {
  if (is_over_ || conclusion_ || ready_to_end_)
    return;
  watch_message(false);
  conclusion_ = std::move(how);
  close_frame_ = std::move(close_frame);
  if (ear_->out().is_close_queued() || ear_->is_settled())
    return say_close();
  here_.timers().arm(patience_, here_.now() + answer_patience);
}

void line::say_close() {
  if (std::exchange(is_close_said_, true))
    return;
  if (!ear_->out().is_close_queued())
    ear_->out().push_close(std::move(close_frame_));
  here_.timers().arm(patience_, here_.now() + last_write_patience);
  mark_dirty();
}

void line::patience_is_over() {
  if (is_close_said_) {
    end(*conclusion_);
  } else {
    ear_->waits_no_longer();
    say_close();
  }
}

void line::end(door::end_facts how) {
  if (!ready_to_end_)
    ready_to_end_ = std::move(how);
}

void line::flush() {
  is_dirty = false;
  // A line that is lost takes nothing any more, even before its end is told.
  if (is_over_ || ready_to_end_ || ear_ == nullptr)
    return;
  while (!room_ || *room_ > 0) {
    std::array<rules::piece, 16> pieces;
    const auto count = ear_->out().gather(pieces);
    std::string bytes;
    for (std::size_t i = 0; i < count; ++i)
      bytes.append(pieces[i].data, pieces[i].size);
    if (room_) {
      bytes.resize(std::min(bytes.size(), *room_));
      *room_ -= bytes.size();
    }
    if (bytes.empty())
      break;
    if (transport_ && breaks_at(transport_->failing_write, writes++))
      return;
    bytes_heard += bytes.size();
    ear_->written(bytes.size());
    hearing_.feed(bytes, [this](sound what) { hear(std::move(what)); });
  }
  if (!conclusion_)
    return;
  if (ear_->out().is_close_queued())
    say_close();
  if (ear_->out().empty())
    end(*conclusion_);
}

void line::cut_at_the_end() {
  if (is_over_)
    return;
  if (!ready_to_end_ && is_asked_ && !has_hung_up_ && !conclusion_)
    hear({sound::kind::cut, 0, {}});
  is_asked_ = true;
  end(conclusion_ ? *conclusion_ : door::end_facts{door::end_cause::dropped, 0, {}});
  tell_fact();
}

// -- commands -------------------------------------------------------------------------------------

void line::report(std::string text) {
  here_.all().complaints.push_back(name_ + "'s session: " + std::move(text));
}

bool line::may_command(const char* which) const {
  if (!is_over_)
    return true;
  here_.all().complaints.push_back(name_ + "'s session: " + which +
                                   " was commanded after the end was told");
  return false;
}

void line::admit(const door::admission_terms& terms) {
  if (!may_command("admit"))
    return;
  if (is_admitted_ || ready_to_end_)
    return;
  is_admitted_ = true;
  terms_ = terms;
  decoder_ =
      rules::frame_decoder{{terms.max_message_bytes, terms.max_fragments, terms.must_be_utf8}};
  std::string head = "HTTP/1.1 101 Switching Protocols\r\n";
  if (!terms.subprotocol.empty())
    head += "Sec-WebSocket-Protocol: " + terms.subprotocol + "\r\n";
  ear_->out().push_control(head + "\r\n");
}

void line::refuse(int status, std::string_view why) {
  if (!may_command("refuse"))
    return;
  if (is_admitted_)
    report("refuse was commanded after admit");
  if (ready_to_end_)
    return;
  hear({sound::kind::refused, status, std::string{why}});
  end({door::end_cause::dropped, 0, {}});
}

void line::mark_dirty() {
  if (!may_command("mark_dirty"))
    return;
  if (std::exchange(is_dirty, true))
    return;
  here_.add_dirty(*this);
}

void line::pause_reading() {
  if (!may_command("pause_reading") || is_paused_)
    return;
  is_paused_ = true;
  watch_message(false);
}

void line::resume_reading() {
  if (!may_command("resume_reading") || !is_paused_)
    return;
  is_paused_ = false;
  watch_message(true);
}

void line::settle() {
  if (may_command("settle") && conclusion_)
    say_close();
}

void line::drop() {
  if (!may_command("drop") || ready_to_end_)
    return;
  if (!has_hung_up_ && !conclusion_)
    hear({sound::kind::cut, 0, {}});
  end(conclusion_ ? *conclusion_ : door::end_facts{door::end_cause::dropped, 0, {}});
}

} // namespace callsign::testkit::memory
