#include "net/src/beast/http_line.hpp"

#include "net/src/beast/farewell.hpp"
#include "net/src/beast/remote_address.hpp"
#include "net/src/beast/upgraded_line.hpp"
#include "net/src/rules/http_handshake.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

namespace callsign::beast {

namespace {

constexpr std::size_t read_bytes = 2048;
/// Chunk heads and extensions cost bytes too; a body may be this much longer on the line than it
/// is.
constexpr std::size_t body_overhead = 8;

} // namespace

void http_line::begin(socket_thread& here, tcp::socket socket, const tcp::endpoint& from,
                      site::seat place) {
  auto self = std::make_shared<http_line>(here, std::move(socket), from, std::move(place));
  here.adopt(self);
  here.step(*self, [&] {
    if (here.is_finishing() || self->home().is_stopping())
      return self->cut();
    self->arm(self->home().options().request_deadline);
    self->next_request();
  });
}

http_line::http_line(socket_thread& here, tcp::socket socket, const tcp::endpoint& from,
                     site::seat place)
    : line{here}, socket_{std::move(socket)}, from_{from}, place_{std::move(place)}, limit_{[this] {
        thread().step(*this, [this] { too_late(); });
      }} {
  home().plain_line_began();
}

http_line::~http_line() {
  if (place_.of() != nullptr)
    home().plain_line_ended();
}

void http_line::arm(std::chrono::milliseconds limit) {
  limit_.disarm();
  if (limit > std::chrono::milliseconds{0})
    thread().timers().arm(limit_, thread().now() + limit);
}

// -- reading --------------------------------------------------------------------------------------

void http_line::next_request() {
  phase_ = phase::idle;
  const auto& how = home().options();
  scanner_ = rules::head_scanner{{how.max_head_bytes, how.max_headers}};
  head_ = {};
  asked_ = {};
  body_.reset();
  raw_body_ = 0;
  look_at_head();
}

void http_line::look_at_head() {
  const auto state = scanner_.look(std::string_view{in_}.substr(0, filled_));
  if (phase_ == phase::idle && scanner_.has_begun()) {
    phase_ = phase::head;
    // The first request's time began with the line.
    if (requests_ > 0)
      arm(home().options().request_deadline);
  }
  switch (state) {
  case rules::head_scanner::state::more: return read_more();
  case rules::head_scanner::state::bad: return refuse(scanner_.wrong());
  case rules::head_scanner::state::complete: return head_is_complete();
  }
}

void http_line::read_more() {
  if (in_.size() - filled_ < read_bytes)
    in_.resize(filled_ + read_bytes);
  socket_.async_read_some(asio::buffer(in_) + filled_,
                          [this, self = shared_from_this()](const io_error& e, std::size_t bytes) {
                            thread().step(*this, [&] { came(e, bytes); });
                          });
}

void http_line::came(const io_error& e, std::size_t bytes) {
  if (phase_ == phase::over)
    return;
  if (e)
    return cut();
  filled_ += bytes;
  if (phase_ == phase::body) {
    read_body();
  } else {
    look_at_head();
  }
}

void http_line::too_late() {
  switch (phase_) {
  case phase::over: return;
  case phase::answer: return cut_answer("the client does not read");
  case phase::idle:
    if (requests_ == 0) {
      home().books().count(counter::requests_late);
      log("a line from ", " is cut: the request did not come in time");
    }
    return cut();
  case phase::head:
  case phase::body:
    home().books().count(counter::requests_late);
    log("a request from ", " was answered 408: it did not come in time");
    return send_last(home().status_answer(408, "the request did not come in time"));
  }
}

void http_line::head_is_complete() {
  const std::string_view all{in_.data(), scanner_.end()};
  if (const auto bad = rules::parse_head(all.substr(scanner_.begin()), head_))
    return refuse(bad);
  if (const auto bad = rules::understand(head_, home().options().max_body_bytes, asked_))
    return refuse(bad);

  // A second opinion: what Beast's parser cannot read is refused as well. It reads the body, too.
  body_ = std::make_unique<body_parser>();
  body_->header_limit(
      static_cast<std::uint32_t>(std::min<std::size_t>(all.size() + 1024, 0x7FFFFFFF)));
  body_->body_limit(home().options().max_body_bytes);
  io_error failed;
  body_->put(asio::buffer(all.substr(scanner_.begin())), failed);
  if (failed == boost::beast::http::error::body_limit)
    return refuse({413, "the body is too large"});
  if (failed && failed != boost::beast::http::error::need_more) {
    return refuse({400, "the head of the request cannot be read"});
  }
  filled_ -= scanner_.end();
  in_.erase(0, scanner_.end());
  const bool is_unsent = asked_.has_body() && asked_.expects_continue;
  // Whoever asks before sending a body gets its answer instead of it.
  if (is_unsent)
    then_ = afterwards::close;
  if (!asked_.has_body() || is_unsent)
    return decide();
  phase_ = phase::body;
  body_->eager(true);
  read_body();
}

void http_line::read_body() {
  io_error failed;
  std::size_t used = 0;
  while (used < filled_ && !body_->is_done() && !failed) {
    const std::size_t now = body_->put(asio::buffer(in_.data() + used, filled_ - used), failed);
    if (now == 0)
      break;
    used += now;
  }
  raw_body_ += used;
  in_.erase(0, used);
  filled_ -= used;
  const std::size_t most = home().options().max_body_bytes;
  if (failed == boost::beast::http::error::body_limit ||
      raw_body_ / body_overhead > most + read_bytes) {
    return refuse({413, "the body is too large"});
  }
  if (failed && failed != boost::beast::http::error::need_more) {
    return refuse({400, "the body of the request cannot be read"});
  }
  if (body_->is_done())
    return decide();
  if (filled_ > home().options().max_head_bytes)
    return refuse({400, "a chunk's head is too long"});
  read_more();
}

// -- deciding -------------------------------------------------------------------------------------

void http_line::refuse(const rules::complaint& why) {
  home().books().count(counter::requests_bad);
  // Limits are ours, and may be too tight. Whatever else is bad HTTP is only counted.
  if (why.status == 413 || why.status == 414 || why.status == 431)
    log("a request from ", (" was answered " + std::to_string(why.status) + ": ").append(why.why));
  send_last(home().status_answer(why.status, why.why));
}

void http_line::decide() {
  limit_.disarm();
  ++requests_;
  const auto& how = home().options();
  if (!asked_.keeps_line || home().is_stopping() || requests_ >= how.max_requests_per_line) {
    then_ = afterwards::close;
  }
  if (rules::wants_websocket(head_))
    return decide_upgrade();
  switch (asked_.method) {
  case rules::http_method::get:
  case rules::http_method::head: return send(home().file_answer(head_, asked_));
  case rules::http_method::options: {
    answer what;
    what.status = 204;
    what.add("Allow", "GET, HEAD, OPTIONS");
    return send(std::move(what));
  }
  case rules::http_method::other_known:
  case rules::http_method::unknown: break;
  }
  send(home().status_answer(405, "files are only read here"));
}

void http_line::decide_upgrade() {
  const std::string_view early{in_.data(), filled_};
  rules::handshake shake;
  const auto verdict = rules::check_handshake(head_, asked_, early, shake);
  if (verdict.fault != rules::handshake_fault::none) {
    const bool is_version = verdict.fault == rules::handshake_fault::version;
    home().books().count(is_version ? counter::refused_version : counter::refused_upgrade);
    return send_last(home().status_answer(verdict.status(), verdict.why));
  }
  auto asking = std::make_shared<upgraded_line>(thread(), std::move(socket_), std::move(shake.key),
                                                std::string{early});
  auto said = home().desk().upgrade_asked(
      *asking, upgraded_line::make_request(head_, asked_, from_, std::move(shake.subprotocols)),
      thread());
  switch (said.what) {
  case door::upgrade_answer::kind::not_ours:
    socket_ = asking->give_back();
    return send(home().file_answer(head_, asked_));
  case door::upgrade_answer::kind::refused:
    socket_ = asking->give_back();
    return send_last(home().status_answer(said.status, said.why));
  case door::upgrade_answer::kind::waiting: break;
  }
  phase_ = phase::over;
  home().plain_line_ended();
  upgraded_line::begin(std::move(asking), std::move(place_), std::move(said.hears));
  thread().release(*this);
}

void http_line::log(std::string_view what, std::string_view became_of_it) const {
  home().books().log(log_level::info,
                     std::string{what}.append(bare(from_.address())).append(became_of_it));
}

// -- answering ------------------------------------------------------------------------------------

void http_line::send(answer what) {
  home().books().count(counter::requests_answered);
  const bool is_head = asked_.method == rules::http_method::head;
  phase_ = phase::answer;
  out_ = render_head(what, home().options().server_name, then_, head_.version == 10);
  out_written_ = 0;
  out_memory_ = {};
  file_at_ = 0;
  sending_ = std::move(what);
  if (is_head) {
    sending_.file.close();
  } else if (!sending_.text.empty()) {
    out_memory_ = sending_.text;
  } else if (!sending_.file) {
    out_memory_ = sending_.memory;
  }
  write();
}

void http_line::send_last(answer what) {
  home().books().count(counter::requests_answered);
  std::string words = render_head(what, home().options().server_name, afterwards::close, false);
  if (asked_.method != rules::http_method::head)
    words += what.text;
  say_farewell(std::move(words));
}

void http_line::write() {
  arm(home().options().answer_deadline);
  const std::array<asio::const_buffer, 2> parts{
      asio::buffer(out_) + out_written_,
      asio::const_buffer{out_memory_.data(), out_memory_.size()}};
  socket_.async_write_some(parts,
                           [this, self = shared_from_this()](const io_error& e, std::size_t bytes) {
                             thread().step(*this, [&] { wrote(e, bytes); });
                           });
}

void http_line::wrote(const io_error& e, std::size_t bytes) {
  if (phase_ == phase::over)
    return;
  if (e)
    return cut();
  const std::size_t of_head = std::min(bytes, out_.size() - out_written_);
  out_written_ += of_head;
  out_memory_.remove_prefix(bytes - of_head);
  if (out_written_ < out_.size() || !out_memory_.empty())
    return write();
  if (sending_.file && file_at_ < sending_.bytes) {
    if (!next_part_of_file())
      return cut_answer("the file has become shorter");
    return write();
  }
  answered();
}

/// Reads the next 64 KiB. False: the file became shorter than was announced.
bool http_line::next_part_of_file() {
  constexpr std::size_t part = 64 * 1024;
  out_.resize(static_cast<std::size_t>(std::min<std::uint64_t>(part, sending_.bytes - file_at_)));
  out_written_ = 0;
  const ssize_t got =
      ::pread(sending_.file.get(), out_.data(), out_.size(), static_cast<off_t>(file_at_));
  if (got <= 0)
    return false;
  out_.resize(static_cast<std::size_t>(got));
  file_at_ += static_cast<std::uint64_t>(got);
  return true;
}

void http_line::answered() {
  sending_ = {};
  out_ = {};
  if (then_ == afterwards::close || home().is_stopping())
    return say_farewell({});
  arm(home().options().idle_deadline);
  next_request();
}

void http_line::say_farewell(std::string last_words) {
  phase_ = phase::over;
  limit_.disarm();
  home().plain_line_ended();
  farewell::begin(thread(), std::move(socket_), std::move(place_), std::move(last_words));
  thread().release(*this);
}

// -- ends -----------------------------------------------------------------------------------------

void http_line::cut() noexcept {
  phase_ = phase::over;
  limit_.disarm();
  io_error ignored;
  socket_.close(ignored);
  thread().release(*this);
}

void http_line::cut_answer(std::string_view why) {
  home().books().count(counter::answers_cut);
  log("an answer to ", std::string{" was cut: "}.append(why));
  cut();
}

void http_line::site_stops(const void* which) {
  if (which != place_.of().get())
    return;
  if (phase_ == phase::idle)
    cut();
}

void http_line::site_cuts(const void* which) {
  if (which == place_.of().get())
    cut();
}

} // namespace callsign::beast
