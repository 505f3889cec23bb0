/// \file
/// The reading side of an upgraded line: from the socket past the scanner into the reader.

#include "net/src/beast/upgraded_line.hpp"

#include "net/src/rules/frame.hpp"
#include "net/src/rules/utf8.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace callsign::beast {

using door::end_cause;

/// Paused; but the client's Close must be seen once ours is on its way.
bool upgraded_line::holds_back() const { return is_paused_ && !ear_->out().is_close_queued(); }

void upgraded_line::start_read() {
  if (is_read_begun_ || state_ != state::open || holds_back())
    return;
  is_read_begun_ = true;
  reader_->next(self());
}

void upgraded_line::read_into(asio::mutable_buffer to, std::unique_ptr<parked_read> who) {
  parked_buffer_ = to;
  parked_ = std::move(who);
  serve_parked();
}

void upgraded_line::serve_parked() {
  if (parked_ == nullptr || state_ != state::open || is_reading_)
    return;
  const bool is_scanned = scanner_.end() != rules::scan_end::none;
  if (is_scanned || early_used_ < early_filled_) {
    // Never at once: Beast may be on the stack.
    is_reading_ = true;
    asio::post(thread().context(), [this, kept = shared_from_this()] {
      thread().step(*this, [this] {
        is_reading_ = false;
        if (state_ != state::open)
          return;
        if (scanner_.end() != rules::scan_end::none)
          return end_of_scan();
        deliver_early();
      });
    });
    return;
  }
  if (holds_back())
    return;
  is_reading_ = true;
  socket_.async_read_some(parked_buffer_,
                          [this, kept = shared_from_this()](const io_error& e, std::size_t bytes) {
                            thread().step(*this, [&] {
                              is_reading_ = false;
                              if (state_ != state::open)
                                return;
                              if (e)
                                return end({end_cause::line_lost, 0, {}});
                              deliver(bytes);
                            });
                          });
}

void upgraded_line::deliver_early() {
  const std::size_t bytes = std::min(parked_buffer_.size(), early_filled_ - early_used_);
  std::memcpy(parked_buffer_.data(), early_.data() + early_used_, bytes);
  early_used_ += bytes;
  if (early_used_ == early_filled_) {
    early_ = {};
    early_used_ = early_filled_ = 0;
  }
  deliver(bytes);
}

void upgraded_line::deliver(std::size_t bytes) {
  const auto seen = scanner_.scan({static_cast<const char*>(parked_buffer_.data()), bytes});
  ear_->heard();
  if (state_ != state::open)
    return;
  note_progress();
  if (state_ != state::open)
    return;
  if (seen.good == 0)
    return end_of_scan();
  const auto who = std::move(parked_);
  who->complete({}, seen.good);
}

void upgraded_line::note_progress() {
  const std::size_t partial = scanner_.partial_bytes();
  if (partial != reported_bytes_) {
    const auto more =
        static_cast<std::ptrdiff_t>(partial) - static_cast<std::ptrdiff_t>(reported_bytes_);
    reported_bytes_ = partial;
    ear_->reassembling(more);
  }
  if (message_deadline_ <= std::chrono::milliseconds{0} || state_ != state::open)
    return;
  if (!scanner_.is_inside() || scanner_.end() != rules::scan_end::none) {
    message_limit_.disarm();
    message_left_ = {};
    message_timed_ = 0;
  } else if (message_timed_ != scanner_.begun()) {
    message_timed_ = scanner_.begun();
    if (holds_back()) {
      message_left_ = message_deadline_;
    } else {
      thread().timers().arm(message_limit_, thread().now() + message_deadline_);
    }
  }
}

/// The reader has had everything before the frame that ends the line.
void upgraded_line::end_of_scan() {
  switch (scanner_.end()) {
  case rules::scan_end::none: return;
  case rules::scan_end::close: {
    return conclude({end_cause::closed, scanner_.client_code(), scanner_.client_reason()},
                    rules::encode_close(scanner_.client_code(), {}));
  }
  case rules::scan_end::protocol_error:
    return fail(end_cause::protocol_error, close::protocol_error, scanner_.why());
  case rules::scan_end::invalid_utf8:
    return fail(end_cause::invalid_utf8, close::invalid_utf8, scanner_.why());
  case rules::scan_end::message_too_big:
    return fail(end_cause::message_too_big, close::too_big, scanner_.why());
  case rules::scan_end::too_many_fragments:
    return fail(end_cause::too_many_fragments, close::too_big, scanner_.why());
  }
}

void upgraded_line::read_done(read_outcome how) noexcept {
  thread().step(*this, [this, how] {
    is_read_begun_ = false;
    if (state_ != state::open)
      return;
    switch (how) {
    case read_outcome::message: return message_came();
    case read_outcome::invalid_utf8:
      return fail(end_cause::invalid_utf8, close::invalid_utf8, "the text is not UTF-8");
    case read_outcome::message_too_big:
      return fail(end_cause::message_too_big, close::too_big, "the message is too big");
    case read_outcome::protocol_error:
      return fail(end_cause::protocol_error, close::protocol_error, "that is not RFC 6455");
    case read_outcome::broken: return end({end_cause::line_lost, 0, {}});
    }
  });
}

void upgraded_line::read_given_up() noexcept {
  if (state_ == state::open)
    cut();
}

void upgraded_line::message_came() {
  const message_kind kind = reader_->kind();
  std::string bytes = reader_->take();
  if (kind == message_kind::text && rules::ends_inside_character(bytes)) {
    // Beast forgets to look at the last character when the final frame is empty.
    return fail(end_cause::invalid_utf8, close::invalid_utf8, "the text ends inside a character");
  }
  if (must_be_utf8_ && kind == message_kind::binary && !rules::is_utf8(bytes)) {
    return fail(end_cause::invalid_utf8, close::invalid_utf8, "the message is not UTF-8");
  }
  ear_->received(kind, std::move(bytes));
  start_read();
}

void upgraded_line::message_is_late() {
  if (state_ == state::open)
    fail(end_cause::message_late, close::policy, "the message did not arrive in time");
}

} // namespace callsign::beast
