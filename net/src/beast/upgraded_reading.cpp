/// \file
/// The reading side of an upgraded line: from the socket through the decoder to the ear.

#include "net/src/beast/upgraded_line.hpp"

#include "net/src/rules/frame.hpp"

#include <utility>

namespace callsign::beast {

using door::end_cause;

/// Paused; but the client's Close must be seen once ours is on its way.
bool upgraded_line::holds_back() const { return is_paused_ && !ear_->out().is_close_queued(); }

/// What the inlet should watch for.
inlet::wish upgraded_line::wish() const {
  const bool reads = state_ == state::open && !holds_back();
  return static_cast<inlet::wish>((reads ? 1 : 0) + (is_blocked_ ? 2 : 0));
}

void upgraded_line::tell_wish() {
  if (fd_ && wish() != inlet::wish_of(*this))
    thread().sockets().change(*this, wish());
}

/// Early bytes first; then the socket leaves Asio.
void upgraded_line::go_on() {
  if (state_ != state::open || is_reading_early_ || is_step_posted_)
    return;
  if (fd_)
    return tell_wish();
  if (early_.empty())
    return take_over();
  if (holds_back())
    return;
  // Never at once: this may be a command of the ear.
  is_step_posted_ = true;
  asio::post(thread().context(), [this, kept = shared_from_this()] {
    thread().step(*this, [this] {
      is_step_posted_ = false;
      if (state_ != state::open)
        return;
      std::string bytes = std::exchange(early_, {});
      early_filled_ = 0;
      decode(bytes);
      go_on();
    });
  });
}

void upgraded_line::take_over() {
  // Clearing keeps the memory of a string; from now on there is no use for it.
  std::string{}.swap(early_);
  std::string{}.swap(key_);
  io_error failed;
  is_v6_ = socket_.local_endpoint(failed).address().is_v6();
  if (!failed)
    fd_ = descriptor{socket_.release(failed)};
  if (failed)
    return end({end_cause::line_lost, 0, {}});
  thread().sockets().add(fd_.get(), *this, wish());
}

void upgraded_line::arrived(std::span<char> bytes) noexcept {
  thread().step(*this, [this, bytes] {
    thread().moved(bytes.size());
    if (state_ == state::open)
      decode(bytes);
  });
}

void upgraded_line::kept(std::ptrdiff_t more) noexcept {
  thread().step(*this, [this, more] {
    kept_bytes_ += static_cast<std::size_t>(more);
    note_held();
  });
}

void upgraded_line::decode(std::span<char> bytes) {
  rules::inbound brought;
  const auto ending = decoder_.take(bytes, brought);
  ear_->heard();
  if (state_ != state::open)
    return;
  note_progress();
  if (!brought.pings.empty()) {
    for (const auto& payload : brought.pings)
      ear_->out().push_control(rules::encode_frame(rules::opcode::pong, payload));
    mark_dirty();
  }
  if (!brought.messages.empty())
    ear_->received(std::move(brought.messages));
  if (ending != rules::decode_end::none && state_ == state::open)
    end_of_frames();
}

/// What this line holds of its client's bytes, for the budget.
void upgraded_line::note_held() {
  const std::size_t held = decoder_.partial_bytes() + kept_bytes_;
  if (held == reported_bytes_)
    return;
  const auto more =
      static_cast<std::ptrdiff_t>(held) - static_cast<std::ptrdiff_t>(reported_bytes_);
  reported_bytes_ = held;
  ear_->reassembling(more);
}

void upgraded_line::note_progress() {
  note_held();
  if (message_deadline_ <= std::chrono::milliseconds{0})
    return;
  if (!decoder_.is_inside() || decoder_.end() != rules::decode_end::none) {
    message_limit_.disarm();
    message_left_ = {};
    message_timed_ = 0;
  } else if (message_timed_ != decoder_.begun()) {
    message_timed_ = decoder_.begun();
    if (holds_back()) {
      message_left_ = message_deadline_;
    } else {
      thread().timers().arm(message_limit_, thread().now() + message_deadline_);
    }
  }
}

void upgraded_line::end_of_frames() {
  switch (decoder_.end()) {
  case rules::decode_end::none: return;
  case rules::decode_end::close: {
    return conclude({end_cause::closed, decoder_.client_code(), decoder_.client_reason()},
                    rules::encode_close(decoder_.client_code(), {}));
  }
  case rules::decode_end::protocol_error:
    return fail(end_cause::protocol_error, closing::protocol_error, decoder_.why());
  case rules::decode_end::invalid_utf8:
    return fail(end_cause::invalid_utf8, closing::invalid_utf8, decoder_.why());
  case rules::decode_end::message_too_big:
    return fail(end_cause::message_too_big, closing::too_big, decoder_.why());
  case rules::decode_end::too_many_fragments:
    return fail(end_cause::too_many_fragments, closing::too_big, decoder_.why());
  }
}

void upgraded_line::message_is_late() {
  if (state_ == state::open)
    fail(end_cause::message_late, closing::policy, "the message did not arrive in time");
}

} // namespace callsign::beast
