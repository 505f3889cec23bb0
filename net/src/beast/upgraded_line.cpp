#include "net/src/beast/upgraded_line.hpp"

#include "net/src/beast/farewell.hpp"
#include "net/src/beast/handshake.hpp"
#include "net/src/beast/remote_address.hpp"
#include "net/src/rules/frame.hpp"
#include "net/src/rules/http_handshake.hpp"
#include "net/src/rules/url.hpp"

#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

namespace callsign::beast {

namespace {

using door::end_cause;

/// In no budget, therefore little; the rest waits with the kernel.
constexpr std::size_t max_early_bytes = 4 * 1024;
constexpr std::size_t early_read = 2048;
constexpr std::size_t most_pieces = 64;
constexpr std::chrono::milliseconds look_again{1000};
constexpr std::chrono::milliseconds last_write_patience{5000};
constexpr std::chrono::milliseconds answer_patience{500};

} // namespace

upgraded_line::upgraded_line(socket_thread& here, tcp::socket socket, std::string key,
                             std::string early)
    : line{here}, message_limit_{[this] { thread().step(*this, [this] { message_is_late(); }); }},
      watch_{[this] { thread().step(*this, [this] { look_for_hang_up(); }); }}, socket_{std::move(
                                                                                    socket)},
      key_{std::move(key)}, early_{std::move(early)}, early_filled_{early_.size()} {}

upgraded_line::~upgraded_line() { thread().forget_dirty(*this); }

std::shared_ptr<upgraded_line> upgraded_line::self() {
  return std::static_pointer_cast<upgraded_line>(shared_from_this());
}

request upgraded_line::make_request(const rules::request_head& head,
                                    const rules::request_meaning& meaning,
                                    const tcp::endpoint& from,
                                    std::vector<std::string> subprotocols) {
  request asked;
  asked.headers = head.headers;
  asked.query = rules::parse_query(meaning.query);
  asked.url = head.target;
  asked.path = meaning.path;
  asked.subprotocols = std::move(subprotocols);
  asked.remote_address = bare(from.address());
  asked.remote_port = from.port();
  return asked;
}

void upgraded_line::begin(std::shared_ptr<upgraded_line> self, site::seat place,
                          std::shared_ptr<door::ear> hears) {
  self->place_ = std::move(place);
  self->ear_ = std::move(hears);
  self->state_ = state::waiting;
  // From here on the ear must hear of the end, even if there is no memory to begin.
  self->thread().step(*self, [&] {
    self->thread().adopt(self);
    if (self->thread().is_finishing())
      return self->cut();
    self->read_early();
  });
}

// -- waiting --------------------------------------------------------------------------------------

void upgraded_line::read_early() {
  if (early_filled_ >= max_early_bytes) {
    thread().timers().arm(watch_, thread().now() + look_again);
    return;
  }
  early_.resize(early_filled_ + early_read);
  is_reading_early_ = true;
  socket_.async_read_some(asio::buffer(early_) + early_filled_,
                          [this, kept = shared_from_this()](const io_error& e, std::size_t bytes) {
                            thread().step(*this, [&] { early_came(e, bytes); });
                          });
}

void upgraded_line::early_came(const io_error& e, std::size_t bytes) {
  is_reading_early_ = false;
  if (state_ == state::over)
    return;
  const bool is_called_off = state_ == state::open && e == asio::error::operation_aborted;
  if (e && !is_called_off)
    return end({end_cause::line_lost, 0, {}});
  const bool is_first = early_filled_ == 0;
  early_filled_ += bytes;
  if (state_ == state::open) {
    early_.resize(early_filled_);
    return go_on();
  }
  if (state_ != state::waiting)
    return;
  if (is_first && !rules::may_begin_frame(early_.front())) {
    // Another request behind the first: this client does not speak the protocol that it asked for.
    place_.of()->books().count(counter::refused_upgrade);
    answer what = place_.of()->status_answer(400, "what follows the request is no frame");
    std::string words =
        render_head(what, place_.of()->options().server_name, afterwards::close, false) + what.text;
    farewell::begin(thread(), std::move(socket_), std::move(place_), std::move(words));
    return report({end_cause::line_lost, 0, {}});
  }
  read_early();
}

void upgraded_line::admit(const door::admission_terms& terms) {
  if (state_ != state::waiting)
    return;
  if (!is_paused_)
    watch_.disarm();
  message_deadline_ = terms.message_deadline;
  decoder_ =
      rules::frame_decoder{{terms.max_message_bytes, terms.max_fragments, terms.must_be_utf8}};
  std::string said = accept_upgrade(thread().context(), key_, terms.subprotocol,
                                    place_.of()->options().server_name);
  state_ = state::open;
  if (said.empty())
    return end({end_cause::protocol_error, 0, {}});
  ear_->out().push_control(std::move(said));
  mark_dirty();
  // What a read brings that is past calling off is early still.
  if (is_reading_early_) {
    io_error ignored;
    socket_.cancel(ignored);
  } else {
    early_.resize(early_filled_);
    go_on();
  }
}

void upgraded_line::refuse(int status, std::string_view why) {
  if (state_ != state::waiting)
    return;
  site& home = *place_.of();
  home.books().count(counter::requests_answered);
  answer what = home.status_answer(status, why);
  std::string words =
      render_head(what, home.options().server_name, afterwards::close, false) + what.text;
  io_error ignored;
  socket_.cancel(ignored);
  farewell::begin(thread(), std::move(socket_), std::move(place_), std::move(words));
  report({end_cause::dropped, 0, {}});
}

// -- commands -------------------------------------------------------------------------------------

void upgraded_line::pause_reading() {
  if (is_paused_ || (state_ != state::open && state_ != state::waiting))
    return;
  is_paused_ = true;
  if (message_limit_.is_armed()) {
    message_left_ = std::max(message_limit_.deadline() - thread().now(), rules::duration{1});
    message_limit_.disarm();
  }
  thread().timers().arm(watch_, thread().now() + look_again);
  tell_wish();
}

void upgraded_line::resume_reading() {
  if (!is_paused_)
    return;
  is_paused_ = false;
  if (state_ != state::open)
    return;
  watch_.disarm();
  if (message_left_ > rules::duration{0}) {
    thread().timers().arm(message_limit_, thread().now() + std::exchange(message_left_, {}));
  }
  go_on();
}

void upgraded_line::mark_dirty() {
  if (is_dirty_ || state_ < state::open || state_ == state::over)
    return;
  is_dirty_ = true;
  thread().mark_dirty(*this);
}

void upgraded_line::drop() {
  if (state_ != state::over)
    end(facts_or(end_cause::dropped));
}

void upgraded_line::cut() noexcept {
  if (state_ == state::over)
    return;
  if (ear_ == nullptr) {
    state_ = state::over;
    return thread().release(*this);
  }
  try {
    end(facts_or(end_cause::dropped));
  } catch (...) {
    // No memory even for that: the ear is told where we stand.
    state_ = state::over;
    close_socket();
    ear_->ended({end_cause::dropped, 0, {}});
    thread().release(*this);
  }
}

/// Nothing is read: has the client gone? Unread bytes in front of its end of stream are looked at
/// when reading goes on.
void upgraded_line::look_for_hang_up() {
  if (state_ == state::over)
    return;
  if (state_ == state::concluding) {
    ear_->waits_no_longer(); // the answers take too long
    return say_close();
  }
  if (state_ == state::finishing)
    return end(facts_); // it does not take our last bytes
  pollfd asked{handle(), POLLRDHUP, 0};
  if (::poll(&asked, 1, 0) > 0) {
    int unread = 0;
    const bool is_over = (asked.revents & (POLLERR | POLLHUP | POLLNVAL)) != 0;
    const bool is_empty = (::ioctl(handle(), FIONREAD, &unread) != 0 || unread == 0) &&
                          !(fd_ && thread().sockets().keeps(*this));
    if (is_over || is_empty)
      return end({end_cause::line_lost, 0, {}});
  }
  thread().timers().arm(watch_, thread().now() + look_again);
}

// -- writing --------------------------------------------------------------------------------------

void upgraded_line::flush() noexcept {
  is_dirty_ = false;
  if (may_write())
    thread().step(*this, [this] { write(); });
}

outgoing upgraded_line::begin_flush(std::span<iovec> into) noexcept {
  if (!may_write())
    return {};
  is_dirty_ = false;
  return {handle(), gather(into)};
}

void upgraded_line::end_flush(ssize_t result) noexcept {
  thread().step(*this, [this, result] {
    if (has_written(result))
      write();
  });
}

bool upgraded_line::may_write() const noexcept {
  return !is_blocked_ && state_ >= state::open && state_ != state::over;
}

std::size_t upgraded_line::gather(std::span<iovec> into) {
  std::array<rules::piece, most_pieces> pieces;
  const std::size_t count =
      ear_->out().gather(std::span{pieces}.first(std::min(pieces.size(), into.size())));
  for (std::size_t i = 0; i < count; ++i)
    into[i] = {const_cast<char*>(pieces[i].data), pieces[i].size};
  return count;
}

void upgraded_line::write() {
  auto& out = ear_->out();
  std::array<iovec, most_pieces> parts;
  while (!out.empty()) {
    const std::size_t count = gather(parts);
    constexpr int how = MSG_NOSIGNAL | MSG_DONTWAIT;
    ssize_t sent = 0;
    if (count == 1) {
      sent = ::send(handle(), parts[0].iov_base, parts[0].iov_len, how);
    } else {
      msghdr what{};
      what.msg_iov = parts.data();
      what.msg_iovlen = count;
      sent = ::sendmsg(handle(), &what, how);
    }
    if (!has_written(sent < 0 ? -errno : sent))
      return;
  }
  if (state_ == state::concluding && out.is_close_queued())
    return say_close();
  if (state_ == state::finishing)
    return end_politely();
  if (is_paused_ && out.is_close_queued())
    go_on();
}

/// Takes note of what a send brought. Whether there may be more.
bool upgraded_line::has_written(ssize_t result) {
  switch (result) {
  case -EINTR: return true;
  case -EAGAIN:
  case -ENOBUFS:
  case -ENOMEM: wait_writable(); return false;
  default: break;
  }
  if (result < 0) {
    end(facts_or(end_cause::line_lost));
    return false;
  }
  thread().moved(static_cast<std::size_t>(result));
  ear_->written(static_cast<std::size_t>(result));
  return state_ != state::over;
}

void upgraded_line::wait_writable() {
  is_blocked_ = true;
  if (fd_) {
    tell_wish();
  } else {
    socket_.async_wait(tcp::socket::wait_write, [this, kept = shared_from_this()](const io_error&) {
      thread().step(*this, [this] {
        is_blocked_ = false;
        mark_dirty();
      });
    });
  }
  if (is_paused_ && ear_->out().is_close_queued())
    go_on();
}

void upgraded_line::writable() noexcept {
  thread().step(*this, [this] {
    if (!std::exchange(is_blocked_, false))
      return;
    tell_wish();
    mark_dirty();
  });
}

void upgraded_line::hung_up() noexcept {
  thread().step(*this, [this] {
    if (state_ != state::over)
      end(facts_or(end_cause::line_lost));
  });
}

/// What is known of the end already, or that.
door::end_facts upgraded_line::facts_or(door::end_cause cause) const {
  return state_ >= state::concluding ? facts_ : door::end_facts{cause, 0, {}};
}

// -- ends -----------------------------------------------------------------------------------------

void upgraded_line::fail(door::end_cause cause, close_code code, std::string_view why) {
  conclude({cause, 0, {}}, rules::encode_close(code, why));
}

/// What the client said before its Close, or before it went wrong, is still answered; then our
/// Close.
void upgraded_line::conclude(door::end_facts how, std::string close_frame) {
  facts_ = std::move(how);
  close_frame_ = std::move(close_frame);
  state_ = state::concluding;
  message_limit_.disarm();
  tell_wish();
  if (ear_->out().is_close_queued() || ear_->is_settled())
    return say_close();
  thread().timers().arm(watch_, thread().now() + answer_patience);
}

void upgraded_line::settle() {
  if (state_ == state::concluding)
    say_close();
}

void upgraded_line::say_close() {
  auto& out = ear_->out();
  if (!out.is_close_queued())
    out.push_close(std::move(close_frame_));
  finish(std::move(facts_));
}

/// Nothing more is read. What is queued goes out, the Close last.
void upgraded_line::finish(door::end_facts how) {
  facts_ = std::move(how);
  state_ = state::finishing;
  message_limit_.disarm();
  tell_wish();
  thread().timers().arm(watch_, thread().now() + last_write_patience);
  mark_dirty();
}

void upgraded_line::end_politely() {
  farewell::begin(thread(), socket_again(), std::move(place_), {});
  report(std::move(facts_));
}

void upgraded_line::end(door::end_facts how) {
  close_socket();
  report(std::move(how));
}

int upgraded_line::handle() { return fd_ ? fd_.get() : socket_.native_handle(); }

void upgraded_line::close_socket() noexcept {
  if (fd_) {
    thread().sockets().remove(*this);
    fd_.close();
  }
  io_error ignored;
  socket_.close(ignored);
}

/// Asio's once more.
tcp::socket upgraded_line::socket_again() {
  if (!fd_) {
    io_error ignored;
    socket_.cancel(ignored);
    return std::move(socket_);
  }
  thread().sockets().remove(*this);
  tcp::socket again{thread().context()};
  io_error failed;
  again.assign(is_v6_ ? tcp::v6() : tcp::v4(), fd_.get(), failed);
  if (failed) {
    fd_.close();
  } else {
    static_cast<void>(fd_.release());
  }
  return again;
}

/// Tells the ear, from a fresh step, and lets everything go.
void upgraded_line::report(door::end_facts how) {
  state_ = state::over;
  message_limit_.disarm();
  watch_.disarm();
  thread().forget_dirty(*this);
  asio::post(thread().context(), [this, kept = shared_from_this(), how = std::move(how)]() mutable {
    thread().step(*this, [&] {
      const auto ear = std::exchange(ear_, nullptr);
      if (reported_bytes_ > 0)
        ear->reassembling(-static_cast<std::ptrdiff_t>(reported_bytes_));
      ear->ended(std::move(how));
    });
  });
  thread().release(*this);
}

} // namespace callsign::beast
