#include "net/src/bridge/connection_core.hpp"

#include "actors/src/utf8.hpp"
#include "net/src/bridge/connection_line.hpp"
#include "net/src/bridge/server_core.hpp"
#include "net/src/rules/close_rules.hpp"

#include <stdexcept>

namespace callsign::detail {

connection_core::connection_core(std::shared_ptr<server_core> server, std::shared_ptr<lane> home,
                                 callsign::request asked, std::string subprotocol,
                                 std::uint32_t number)
    : server_{std::move(server)}, home_{std::move(home)}, request_{std::move(asked)},
      subprotocol_{std::move(subprotocol)}, place_{*this}, number_{number} {}

send_result connection_core::send(const message& what) {
  if (what.is_text() && !message_access::is_checked(what) && !is_utf8(what.text())) {
    throw std::invalid_argument("a text message must be UTF-8; send bytes with message::binary");
  }
  if (status() != connection_status::connected) {
    server_->books().count(counter::messages_dropped_closed);
    return send_result::closed;
  }
  rules::shared_block room;
  const auto frame = message_access::view(what, room);
  const std::size_t bytes = frame.size();
  const auto& options = server_->options();
  const std::size_t before = reserved_.fetch_add(bytes, std::memory_order_relaxed);
  const bool fits = before == 0 || before + bytes <= options.max_queued_bytes;
  if (!fits && options.on_overflow != overflow::drop_oldest)
    return dropped(bytes);
  server_->route_send(*this, frame);
  return before + bytes > options.max_queued_bytes / 2 ? send_result::pressured
                                                       : send_result::queued;
}

send_result connection_core::dropped(std::size_t bytes) {
  release(bytes);
  server_->books().count(counter::messages_dropped_overflow_newest);
  if (server_->options().on_overflow == overflow::close && !is_overflow_told_.exchange(true)) {
    auto open = connection_status::connected;
    status_.compare_exchange_strong(open, connection_status::closing, std::memory_order_acq_rel);
    server_->route_overflow(shared_from_this());
  }
  return send_result::dropped;
}

void connection_core::terminate(int code, std::string_view reason) {
  if (!is_utf8(reason))
    throw std::invalid_argument("the reason of a Close must be UTF-8");
  auto expected = connection_status::connected;
  if (!status_.compare_exchange_strong(expected, connection_status::closing,
                                       std::memory_order_acq_rel))
    return;
  const bool is_allowed = rules::may_send(code, server_->options().codes);
  server_->route_terminate(shared_from_this(),
                           is_allowed ? static_cast<close_code>(code) : close_code{0},
                           is_allowed ? std::string{rules::cut_reason(reason)} : std::string{});
}

namespace {

/// What a waiting message costs beside its bytes, so that a flood of empty ones is noticed as well.
constexpr std::size_t cost_of_waiting = 128;

} // namespace

bool connection_core::undelivered_more(std::size_t messages, std::size_t bytes) noexcept {
  bytes += messages * cost_of_waiting;
  const std::size_t now = undelivered_.fetch_add(bytes, std::memory_order_acq_rel) + bytes;
  if (now <= server_->options().max_undelivered_bytes)
    return false;
  is_paused_.store(true, std::memory_order_seq_cst);
  // The worker may have caught up between the two lines; then nobody else would wake the
  // connection.
  if (undelivered_.load(std::memory_order_seq_cst) <=
      server_->options().max_undelivered_bytes / 2) {
    return !is_paused_.exchange(false);
  }
  return true;
}

void connection_core::undelivered_less(std::size_t messages, std::size_t bytes) noexcept {
  bytes += messages * cost_of_waiting;
  const std::size_t now = undelivered_.fetch_sub(bytes, std::memory_order_seq_cst) - bytes;
  if (now <= server_->options().max_undelivered_bytes / 2 &&
      is_paused_.load(std::memory_order_seq_cst) && is_paused_.exchange(false)) {
    home_->push(lane_resume{shared_from_this()});
  }
  if (now == 0 && is_settling_.load(std::memory_order_seq_cst) && is_settling_.exchange(false)) {
    server_->route_settled(shared_from_this());
  }
}

bool connection_core::settles() noexcept {
  is_settling_.store(true, std::memory_order_seq_cst);
  // Whoever takes the mark back speaks. Even if nothing waits for the worker any more, its last
  // answers may still be in the lane; so the word goes the same way, behind them.
  if (undelivered_.load(std::memory_order_seq_cst) == 0 && is_settling_.exchange(false)) {
    server_->route_settled(shared_from_this());
  }
  return false;
}

} // namespace callsign::detail

namespace callsign {

std::string_view to_string(connection_status status) noexcept {
  switch (status) {
  case connection_status::connected: return "Connected";
  case connection_status::closing: return "Closing";
  case connection_status::closed: return "Closed";
  }
  return "Closed";
}

connection_id websocket_connection::id() const noexcept { return core_.id(); }
connection_status websocket_connection::status() const noexcept { return core_.status(); }
send_result websocket_connection::send(std::string_view text) { return core_.send(message{text}); }
send_result websocket_connection::send(const message& what) { return core_.send(what); }
std::size_t websocket_connection::queued_bytes() const noexcept { return core_.queued_bytes(); }
void websocket_connection::terminate() { core_.terminate(0, {}); }
void websocket_connection::terminate(int code, std::string_view reason) {
  core_.terminate(code, reason);
}
connection_handler& websocket_connection::handler() const noexcept { return core_.handler(); }
websocket_server& websocket_connection::server() const noexcept { return core_.server().place(); }
const request& websocket_connection::request() const noexcept { return core_.request(); }
std::string_view websocket_connection::subprotocol() const noexcept { return core_.subprotocol(); }
connection_ref websocket_connection::ref() const {
  return connection_ref{core_.shared_from_this()};
}

connection_id connection_ref::id() const noexcept {
  return core_ == nullptr ? ~connection_id{0} : core_->id();
}
connection_status connection_ref::status() const noexcept {
  return core_ == nullptr ? connection_status::closed : core_->status();
}
send_result connection_ref::send(std::string_view text) const {
  return core_ == nullptr ? send_result::closed : core_->send(message{text});
}
send_result connection_ref::send(const message& what) const {
  return core_ == nullptr ? send_result::closed : core_->send(what);
}
std::size_t connection_ref::queued_bytes() const noexcept {
  return core_ == nullptr ? 0 : core_->queued_bytes();
}
void connection_ref::terminate() const {
  if (core_ != nullptr)
    core_->terminate(0, {});
}
void connection_ref::terminate(int code, std::string_view reason) const {
  if (core_ != nullptr)
    core_->terminate(code, reason);
}

} // namespace callsign
