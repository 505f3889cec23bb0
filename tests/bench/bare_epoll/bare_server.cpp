#include "bare_epoll/bare_server.hpp"

#include "wire/handshake.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <utility>

namespace bench {
namespace {

constexpr std::size_t buffer_size = std::size_t{256} * 1024;
/// A client that lets this much pile up is cut off: the bare server has no better answer.
constexpr std::size_t max_unsent = std::size_t{16} * 1024 * 1024;
constexpr std::size_t max_request = 8192;

void watch(const wire::descriptor& epoll, int operation, int socket, void* who,
           std::uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.ptr = who;
  if (::epoll_ctl(epoll.number(), operation, socket, &event) != 0)
    wire::throw_errno("epoll_ctl");
}

bool is_due(std::uint64_t count, std::uint64_t every) { return every != 0 && count % every == 0; }

} // namespace

bare_server::bare_server(const bare_options& options)
    : options_{options}, listener_{wire::listen_on_loopback(options.port)}, epoll_{::epoll_create1(
                                                                                EPOLL_CLOEXEC)},
      buffer_(buffer_size) {
  if (!epoll_.is_open())
    wire::throw_errno("epoll_create1");
  watch(epoll_, EPOLL_CTL_ADD, listener_.number(), &listener_, EPOLLIN);
}

bare_server::~bare_server() = default;

std::uint16_t bare_server::port() const { return wire::local_port(listener_); }

void bare_server::run(const wire::descriptor& stop_signal) {
  watch(epoll_, EPOLL_CTL_ADD, stop_signal.number(), nullptr, EPOLLIN);
  std::array<epoll_event, 1024> events;
  for (;;) {
    const int count =
        ::epoll_wait(epoll_.number(), events.data(), static_cast<int>(events.size()), -1);
    if (count < 0 && errno != EINTR)
      wire::throw_errno("epoll_wait");
    for (int i = 0; i < count; ++i) {
      const epoll_event& event = events[static_cast<std::size_t>(i)];
      if (event.data.ptr == nullptr)
        return;
      if (event.data.ptr == &listener_) {
        accept_all();
        continue;
      }
      auto& one = *static_cast<connection*>(event.data.ptr);
      if ((event.events & EPOLLOUT) != 0 && !one.is_ending)
        send_unsent(one);
      if ((event.events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0 && !one.is_ending)
        read_from(one);
    }
    broadcast_turn();
    bury();
  }
}

void bare_server::accept_all() {
  for (;;) {
    wire::descriptor socket{
        ::accept4(listener_.number(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)};
    if (!socket.is_open())
      return;
    wire::set_no_delay(socket);
    auto one = std::make_unique<connection>();
    one->socket = std::move(socket);
    one->place = connections_.size();
    watch(epoll_, EPOLL_CTL_ADD, one->socket.number(), one.get(), EPOLLIN);
    connections_.push_back(std::move(one));
  }
}

void bare_server::read_from(connection& from) {
  const ssize_t got = ::recv(from.socket.number(), buffer_.data(), buffer_.size(), 0);
  if (got <= 0) {
    if (got == 0 || (errno != EAGAIN && errno != EINTR))
      end(from);
    return;
  }
  char* bytes = buffer_.data();
  auto size = static_cast<std::size_t>(got);
  std::string joined;
  if (!from.rest.empty()) {
    joined = std::exchange(from.rest, {});
    joined.append(bytes, size);
    bytes = joined.data();
    size = joined.size();
  }
  std::size_t used = from.is_upgraded ? 0 : upgrade(from, {bytes, size});
  if (from.is_upgraded && !from.is_ending)
    used += take_frames(from, bytes + used, size - used);
  if (used < size && !from.is_ending)
    from.rest.assign(bytes + used, size - used);
}

std::size_t bare_server::upgrade(connection& from, std::string_view bytes) {
  constexpr std::string_view blank_line = "\r\n\r\n";
  const std::size_t stop = bytes.find(blank_line);
  if (stop == std::string_view::npos) {
    if (bytes.size() > max_request)
      end(from);
    return 0;
  }
  const std::string_view head = bytes.substr(0, stop + 2);
  const std::string_view key = wire::header_field(head, "Sec-WebSocket-Key");
  if (key.empty()) {
    send_bytes(from, "HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
    end(from);
    return 0;
  }
  send_bytes(from, wire::upgrade_response(key));
  from.is_upgraded = true;
  from.awaits_greeting = !options_.greeting.empty();
  if (from.awaits_greeting && !is_due(++upgraded_, options_.faults.greet_late_every))
    greet(from);
  return stop + blank_line.size();
}

void bare_server::greet(connection& to) {
  std::string frame;
  wire::append_frame(frame, wire::opcode::text, options_.greeting);
  to.awaits_greeting = false;
  send_bytes(to, frame);
}

std::size_t bare_server::take_frames(connection& from, char* bytes, std::size_t size) {
  std::size_t used = 0;
  // Echoed frames are rewritten in place: an unmasked frame is four bytes shorter than a masked
  // one.
  std::size_t written = 0;
  while (!from.is_ending) {
    wire::frame_head head;
    const auto status = wire::read_head({bytes + used, size - used}, head);
    if (status == wire::head_status::incomplete ||
        (status == wire::head_status::complete && head.payload_size > size - used - head.head_size))
      break;
    if (status == wire::head_status::invalid || !head.is_masked) {
      refuse(from, 1002);
      break;
    }
    char* payload = bytes + used + head.head_size;
    const auto payload_size = static_cast<std::size_t>(head.payload_size);
    used += head.head_size + payload_size;
    if (wire::is_control(head.kind)) {
      wire::mask_copy(payload, payload, payload_size, head.key);
      take_control(from, head, {payload, payload_size});
    } else if (!head.is_final || head.kind == wire::opcode::continuation) {
      refuse(from, 1003);
    } else if (options_.mode != answer::echo) {
      take_broadcast(from, head, payload);
    } else {
      std::array<char, wire::max_head_size> text;
      const std::size_t head_size = wire::write_head(text.data(), head.kind, payload_size);
      char* out = bytes + written;
      wire::mask_copy(out + head_size, payload, payload_size, head.key);
      std::copy_n(text.data(), head_size, out);
      if (options_.faults.are_wanted())
        send_with_misdeeds(from, {out, head_size + payload_size});
      else if (options_.when == writing::per_message)
        send_bytes(from, {out, head_size + payload_size});
      else
        written += head_size + payload_size;
    }
  }
  if (written != 0 && !from.is_ending)
    send_bytes(from, {bytes, written});
  return used;
}

void bare_server::take_control(connection& from, const wire::frame_head& head,
                               std::string_view payload) {
  std::string frame;
  if (head.kind == wire::opcode::ping) {
    wire::append_frame(frame, wire::opcode::pong, payload);
    send_bytes(from, frame);
  } else if (head.kind == wire::opcode::close) {
    wire::append_frame(frame, wire::opcode::close, payload.substr(0, 2));
    send_bytes(from, frame);
    if (is_due(++closed_, options_.faults.end_twice_every))
      send_bytes(from, frame);
    end(from);
  }
}

void bare_server::take_broadcast(connection& from, const wire::frame_head& head,
                                 const char* payload) {
  const auto payload_size = static_cast<std::size_t>(head.payload_size);
  const std::size_t start = block_.size();
  block_.resize(start + wire::unmasked_head_size(payload_size) + payload_size);
  const std::size_t head_size = wire::write_head(block_.data() + start, head.kind, payload_size);
  wire::mask_copy(block_.data() + start + head_size, payload, payload_size, head.key);
  const slice frame{start, head_size + payload_size};
  frames_.push_back(frame);
  if (options_.mode == answer::broadcast_to_others) {
    if (from.own.empty())
      authors_.push_back(&from);
    from.own.push_back(frame);
  }
  if (options_.when == writing::per_message)
    broadcast_turn();
}

void bare_server::broadcast_turn() {
  if (block_.empty())
    return;
  for (const auto& to : connections_) {
    if (!to->is_upgraded || to->is_ending)
      continue;
    if (options_.faults.are_wanted()) {
      for (const slice& frame : frames_) {
        const auto is_frame = [&frame](const slice& own) { return own.offset == frame.offset; };
        if (std::none_of(to->own.begin(), to->own.end(), is_frame))
          send_with_misdeeds(*to, std::string_view{block_}.substr(frame.offset, frame.size));
      }
    } else if (to->own.empty()) {
      send_bytes(*to, block_);
    } else {
      send_without_own(*to);
    }
    if (to->awaits_greeting)
      greet(*to);
  }
  for (connection* author : authors_)
    author->own.clear();
  authors_.clear();
  frames_.clear();
  block_.clear();
}

void bare_server::send_without_own(connection& to) {
  pieces_.clear();
  std::size_t size = 0;
  std::size_t start = 0;
  const auto add = [this, &size](std::size_t from, std::size_t until) {
    if (from == until)
      return;
    pieces_.push_back({block_.data() + from, until - from});
    size += until - from;
  };
  for (const slice& own : to.own) {
    add(start, own.offset);
    start = own.offset + own.size;
  }
  add(start, block_.size());
  if (size != 0)
    send_pieces(to, pieces_, size);
}

void bare_server::send_with_misdeeds(connection& to, std::string_view frame) {
  ++delivered_;
  if (is_due(delivered_, options_.faults.drop_every))
    return;
  if (is_due(delivered_, options_.faults.swap_every) && to.held.empty()) {
    to.held = frame;
    return;
  }
  send_bytes(to, frame);
  if (is_due(delivered_, options_.faults.double_every))
    send_bytes(to, frame);
  if (!to.held.empty())
    send_bytes(to, std::exchange(to.held, {}));
}

void bare_server::send_bytes(connection& to, std::string_view bytes) {
  if (!to.unsent.empty()) {
    keep_unsent(to, bytes);
    return;
  }
  const ssize_t sent = ::send(to.socket.number(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
  if (sent < 0 && errno != EAGAIN && errno != EINTR) {
    end(to);
    return;
  }
  bytes.remove_prefix(sent < 0 ? 0 : static_cast<std::size_t>(sent));
  if (!bytes.empty())
    keep_unsent(to, bytes);
}

void bare_server::send_pieces(connection& to, std::vector<iovec>& pieces, std::size_t size) {
  // The kernel takes at most 1,024 pieces at once; more of them are rare enough to be copied.
  if (!to.unsent.empty() || pieces.size() > 1024) {
    scratch_.clear();
    for (const iovec& piece : pieces)
      scratch_.append(static_cast<const char*>(piece.iov_base), piece.iov_len);
    send_bytes(to, scratch_);
    return;
  }
  msghdr message{};
  message.msg_iov = pieces.data();
  message.msg_iovlen = pieces.size();
  const ssize_t sent = ::sendmsg(to.socket.number(), &message, MSG_NOSIGNAL);
  if (sent < 0 && errno != EAGAIN && errno != EINTR) {
    end(to);
    return;
  }
  std::size_t done = sent < 0 ? 0 : static_cast<std::size_t>(sent);
  if (done == size)
    return;
  for (const iovec& piece : pieces) {
    const std::string_view bytes{static_cast<const char*>(piece.iov_base), piece.iov_len};
    const std::size_t skipped = std::min(done, bytes.size());
    done -= skipped;
    if (skipped < bytes.size())
      keep_unsent(to, bytes.substr(skipped));
  }
}

void bare_server::send_unsent(connection& to) {
  const std::string bytes = std::exchange(to.unsent, {});
  send_bytes(to, bytes);
  if (to.unsent.empty() && !to.is_ending && std::exchange(to.awaits_room, false))
    watch(epoll_, EPOLL_CTL_MOD, to.socket.number(), &to, EPOLLIN);
}

void bare_server::keep_unsent(connection& to, std::string_view bytes) {
  to.unsent.append(bytes);
  if (to.unsent.size() > max_unsent)
    end(to);
  else if (!std::exchange(to.awaits_room, true))
    watch(epoll_, EPOLL_CTL_MOD, to.socket.number(), &to, EPOLLIN | EPOLLOUT);
}

void bare_server::refuse(connection& from, unsigned code) {
  std::string frame;
  wire::append_frame(frame, wire::opcode::close, wire::close_payload(code));
  send_bytes(from, frame);
  end(from);
}

void bare_server::end(connection& one) {
  if (!std::exchange(one.is_ending, true))
    ended_.push_back(&one);
}

void bare_server::bury() {
  for (connection* one : ended_) {
    const std::size_t place = one->place;
    connections_.back()->place = place;
    std::swap(connections_[place], connections_.back());
    connections_.pop_back();
  }
  ended_.clear();
}

} // namespace bench
