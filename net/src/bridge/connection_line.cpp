#include "net/src/bridge/connection_line.hpp"

#include "actors/src/unit.hpp"
#include "actors/src/utf8.hpp"
#include "net/src/bridge/io_turn.hpp"
#include "net/src/bridge/server_core.hpp"

namespace callsign::detail {

connection_line::connection_line(io_turn& here, door::session& session, connection_ptr core)
    : here_{here}, session_{&session}, core_{std::move(core)},
      outbox_{{core_->server().options().max_queued_bytes, core_->server().options().on_overflow}},
      beat_timer_{[this] { beat(); }}, deadline_timer_{[this] {
        outbox_.is_close_queued() ? close_is_late() : admission_is_late();
      }} {
  here_.add_line(*this);
}

connection_line::~connection_line() { here_.remove_line(*this); }

void connection_line::watch_admission() {
  const auto limit = core_->server().options().admission_deadline;
  if (limit.count() > 0)
    here_.timers().arm(deadline_timer_, here_.now() + limit);
}

void connection_line::admission_decided() {
  // The same timer serves the Close, which may have come first.
  if (!outbox_.is_close_queued())
    deadline_timer_.disarm();
}

void connection_line::admission_is_late() {
  if (!core_->move(request_state::asked, request_state::late) &&
      !core_->move(request_state::deciding, request_state::late)) {
    return; // decided meanwhile; the answer is in the lane
  }
  here_.books().count(counter::refused_late);
  here_.warn(here_.late_admissions,
             "a client from " + core_->request().remote_address +
                 (is_admitted_ ? " was closed with 1013" : " was answered 503") +
                 ": on_connection did not answer within the admission deadline");
  refuse(503, "the server did not answer in time");
}

void connection_line::admit() {
  if (is_admitted_ || session_ == nullptr)
    return;
  is_admitted_ = true;
  const auto& options = core_->server().options();
  session_->admit({core_->subprotocol(), options.max_message_bytes, options.max_fragments,
                   options.message_deadline, options.type == data_type::text});
  session_->mark_dirty();
  heartbeat_ = {options.ping_after, options.pong_within, here_.now()};
  if (heartbeat_.is_on())
    here_.timers().arm(beat_timer_, heartbeat_.first_look());
}

void connection_line::refuse(int status, std::string_view why) {
  deadline_timer_.disarm();
  if (session_ == nullptr)
    return;
  if (is_admitted_) {
    const auto code = status == 500   ? closing::internal_error
                      : status == 503 ? closing::try_again_later
                                      : closing::policy;
    close(rules::our_part::terminated, code, std::string{detail::is_utf8(why) ? why : ""});
  } else {
    session_->refuse(status, why);
  }
}

rules::outbox::verdict connection_line::put(const rules::frame_view& what, bool is_reserved) {
  if (session_ == nullptr || outbox_.is_close_queued()) {
    rules::outbox::verdict none;
    none.dropped_closed = what.count();
    if (is_reserved)
      core_->release(what.size());
    here_.books().count(counter::messages_dropped_closed, what.count());
    return none;
  }
  const auto now = outbox_.push(what);
  here_.queued(now.queued, now.bytes_queued);
  here_.weigh(*this);
  if (is_reserved) {
    if (now.bytes_queued < what.size())
      core_->release(what.size() - now.bytes_queued);
  } else {
    core_->reserve(now.bytes_queued);
  }
  if (now.bytes_dropped != 0) {
    core_->release(now.bytes_dropped);
    here_.regain(now.bytes_dropped);
  }
  if (now.dropped_newest != 0)
    here_.books().count(counter::messages_dropped_overflow_newest, now.dropped_newest);
  if (now.dropped_oldest != 0)
    here_.books().count(counter::messages_dropped_overflow_oldest, now.dropped_oldest);
  if (now.must_close) {
    close(rules::our_part::overflow, closing::try_again_later, {});
  } else {
    session_->mark_dirty();
  }
  return now;
}

void connection_line::close(rules::our_part part, close_code code, std::string reason) {
  if (session_ == nullptr || outbox_.is_close_queued())
    return;
  if (part == rules::our_part::overflow || part == rules::our_part::budget) {
    const auto gone = outbox_.drop_unbegun();
    core_->release(gone.bytes_dropped);
    here_.regain(gone.bytes_dropped);
    here_.books().count(counter::messages_dropped_unsent, gone.dropped_oldest);
    here_.warn(here_.overflows,
               "the connection from " + core_->request().remote_address + " is closed with 1013: " +
                   (part == rules::our_part::overflow ? "its queue is full, "
                                                      : "the budget is exhausted, ") +
                   std::to_string(gone.dropped_oldest) + " messages dropped");
  }
  our_part_ = part;
  our_code_ = code;
  our_reason_ = std::move(reason);
  core_->set_status(connection_status::closing);
  outbox_.push_close(rules::encode_close(code, our_reason_));
  session_->mark_dirty();
  tell_leaving();
  // Without a limit the heartbeat goes on, or a dead client would stay for ever.
  const auto limit = core_->server().options().close_deadline;
  if (limit.count() > 0) {
    beat_timer_.disarm();
    here_.timers().arm(deadline_timer_, here_.now() + limit);
  }
  hasten_close();
}

void connection_line::hasten_close() {
  const auto by = here_.closes_by();
  if (!by || session_ == nullptr || !outbox_.is_close_queued() ||
      our_part_ == rules::our_part::none)
    return;
  if (!deadline_timer_.is_armed() || deadline_timer_.deadline() > *by)
    here_.timers().arm(deadline_timer_, *by);
}

/// What a closing line still holds goes soon: nobody else need make room for it.
void connection_line::tell_leaving() {
  const std::size_t now = session_ != nullptr && outbox_.is_close_queued() ? weight() : 0;
  here_.leaving(leaving_, now);
  leaving_ = now;
}

void connection_line::close_is_late() {
  if (session_ == nullptr)
    return;
  is_past_deadline_ = true;
  session_->drop();
}

void connection_line::drop() {
  if (session_ != nullptr)
    session_->drop();
}

void connection_line::resume_reading() {
  if (session_ == nullptr)
    return;
  heartbeat_.resumed(here_.now());
  session_->resume_reading();
}

void connection_line::settle() {
  if (session_ != nullptr)
    session_->settle();
}

void connection_line::beat() {
  if (session_ == nullptr)
    return;
  const auto step = heartbeat_.look(here_.now());
  switch (step.what) {
  case rules::heartbeat::action::dead:
    our_part_ = rules::our_part::heartbeat_lost;
    here_.books().log(log_level::info, "the connection from " + core_->request().remote_address +
                                           " is cut: no answer to the heartbeat");
    session_->drop();
    return;
  case rules::heartbeat::action::ping:
    here_.books().count(counter::pings_sent);
    outbox_.push_control(rules::encode_frame(rules::opcode::ping, {}));
    session_->mark_dirty();
    break;
  case rules::heartbeat::action::none: break;
  }
  here_.timers().arm(beat_timer_, step.look_again);
}

void connection_line::heard() { heartbeat_.heard(here_.thread().about_now()); }

void connection_line::received(std::vector<message>&& all) {
  here_.books().count(counter::messages_received, all.size());
  std::size_t bytes = 0;
  for (const auto& one : all)
    bytes += one.size();
  if (core_->undelivered_more(all.size(), bytes)) {
    if (outbox_.is_close_queued()) {
      // The session reads on for the sake of the client's Close, but nothing more is kept.
      here_.books().count(counter::messages_dropped_by_end, all.size());
      core_->undelivered_less(all.size(), bytes);
      return;
    }
    heartbeat_.paused();
    session_->pause_reading();
  }
  tell(actor_, received_mail{std::move(all)});
}

void connection_line::ended(door::end_facts how) {
  session_ = nullptr;
  beat_timer_.disarm();
  deadline_timer_.disarm();
  const auto gone = outbox_.clear();
  core_->release(gone.bytes_dropped);
  here_.regain(gone.bytes_dropped + std::exchange(reassembling_, 0));
  tell_leaving();
  if (gone.dropped_oldest != 0)
    here_.books().count(counter::messages_dropped_unsent, gone.dropped_oldest);
  core_->set_status(core_->status() == connection_status::closed ? connection_status::closed
                                                                 : connection_status::closing);
  tell(actor_, ended_mail{std::move(how)});
}

void connection_line::written(std::size_t bytes) {
  const std::size_t data = outbox_.written(bytes);
  core_->release(data);
  here_.regain(data);
  if (leaving_ != 0)
    tell_leaving();
}

void connection_line::reassembling(std::ptrdiff_t more) {
  if (more >= 0) {
    here_.spend(static_cast<std::size_t>(more));
  } else {
    here_.regain(static_cast<std::size_t>(-more));
  }
  reassembling_ = static_cast<std::size_t>(static_cast<std::ptrdiff_t>(reassembling_) + more);
  here_.weigh(*this);
  if (outbox_.is_close_queued())
    tell_leaving();
}

rules::ending connection_line::ending_of(const door::end_facts& facts) const {
  return rules::end_of_connection(our_part_, our_code_, our_reason_, facts, is_past_deadline_);
}

} // namespace callsign::detail
