#include "tests/kit/src/script/wire_line.hpp"

#include "tests/kit/src/masked_frame.hpp"

#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>

namespace callsign::testkit {

namespace {

using memory::sound;

constexpr std::string_view fence_mark = "callsign fence ";

int dial(const wire_target& to) {
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (::getaddrinfo(to.host.c_str(), std::to_string(to.port).c_str(), &wanted, &found) != 0)
    return -1;
  int fd = -1;
  for (const auto* one = found; one != nullptr && fd < 0; one = one->ai_next) {
    fd = ::socket(one->ai_family, one->ai_socktype | SOCK_CLOEXEC, one->ai_protocol);
    if (fd >= 0 && ::connect(fd, one->ai_addr, one->ai_addrlen) != 0) {
      ::close(fd);
      fd = -1;
    }
  }
  ::freeaddrinfo(found);
  return fd;
}

std::string two_bytes(int code) {
  return {static_cast<char>(code >> 8), static_cast<char>(code & 0xFF)};
}

} // namespace

std::optional<wire_target> target_of(std::string_view url) {
  constexpr std::string_view scheme = "ws://";
  if (!url.starts_with(scheme))
    return std::nullopt;
  url.remove_prefix(scheme.size());
  const auto slash = url.find('/');
  auto host = url.substr(0, slash);
  wire_target found;
  if (slash != std::string_view::npos)
    found.path = url.substr(slash);
  while (found.path.ends_with('/'))
    found.path.pop_back();
  const auto colon = host.rfind(':');
  if (colon != std::string_view::npos && host.find(']', colon) == std::string_view::npos) {
    const auto digits = host.substr(colon + 1);
    const auto* end = digits.data() + digits.size();
    if (std::from_chars(digits.data(), end, found.port).ptr != end || digits.empty())
      return std::nullopt;
    host = host.substr(0, colon);
  }
  if (host.starts_with('[') && host.ends_with(']'))
    host = host.substr(1, host.size() - 2);
  found.host = host;
  return host.empty() ? std::nullopt : std::optional{found};
}

wire_line::wire_line(const wire_target& to, const visitor& who, std::chrono::milliseconds patience)
    : fd_{dial(to)} {
  if (fd_ < 0)
    return;
  was_open_ = true;
  std::string asked = "GET " + who.url + " HTTP/1.1\r\nHost: " + to.host + ':' +
                      std::to_string(to.port) +
                      "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13"
                      "\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
  for (const auto& [name, value] : who.headers)
    asked += name + ": " + value + "\r\n";
  std::string offers;
  for (const auto& one : who.subprotocols)
    offers += (offers.empty() ? "" : ", ") + one;
  if (!offers.empty())
    asked += "Sec-WebSocket-Protocol: " + offers + "\r\n";
  send_raw(asked + "\r\n");
  const auto until = clock::now() + patience;
  while (!is_admitted_ && heard.empty() && fd_ >= 0 && clock::now() < until)
    read(until);
}

wire_line::~wire_line() { over(); }

void wire_line::over() {
  if (fd_ >= 0)
    ::close(fd_);
  fd_ = -1;
}

void wire_line::send_raw(std::string_view bytes) {
  while (!bytes.empty() && fd_ >= 0) {
    const auto sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR)
      continue;
    if (sent < 0)
      return; // reading will show the end of the line
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

void wire_line::send(unsigned opcode, std::string_view payload, bool is_last) {
  send_raw(masked_frame(is_last, opcode, payload));
}

void wire_line::close(int code, std::string_view reason) {
  has_closed_ = true;
  send(8, code == 0 ? std::string{} : two_bytes(code) + std::string{reason});
}

void wire_line::reset() {
  if (fd_ < 0)
    return;
  const linger at_once{1, 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  over();
}

bool wire_line::fence(std::chrono::milliseconds patience) {
  if (fd_ < 0 || !is_reading_ || has_closed_ || says_continue)
    return true;
  const auto mine = ++fences_;
  send(9, std::string{fence_mark} + std::to_string(mine));
  const auto until = clock::now() + patience;
  while (fences_heard_ < mine && fd_ >= 0 && !has_heard_close_ && clock::now() < until)
    read(until);
  return fences_heard_ >= mine || fd_ < 0 || has_heard_close_;
}

bool wire_line::read(clock::time_point until) {
  if (!is_reading())
    return false;
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - clock::now());
  pollfd wanted{fd_, POLLIN, 0};
  if (::poll(&wanted, 1, static_cast<int>(std::max<std::int64_t>(0, left.count()))) <= 0)
    return false;
  std::array<char, 65536> bytes;
  const auto got = ::recv(fd_, bytes.data(), bytes.size(), 0);
  if (got < 0 && errno == EINTR)
    return false;
  if (got <= 0) {
    over();
    if (!has_heard_close_ && !has_closed_ && is_admitted_)
      heard.push_back({sound::kind::cut, 0, {}});
    return true;
  }
  const std::string_view now{bytes.data(), static_cast<std::size_t>(got)};
  if (is_admitted_) {
    hearing_.feed(now, [this](sound what) { take(std::move(what)); });
    return true;
  }
  http_ += now;
  if (http_.find("\r\n\r\n") == std::string::npos)
    return true;
  if (http_.starts_with("HTTP/1.1 101 ")) {
    is_admitted_ = true;
    hearing_.feed(http_, [this](sound what) { take(std::move(what)); });
  } else if (heard.empty()) {
    int status = 0;
    std::from_chars(http_.data() + std::min<std::size_t>(9, http_.size()),
                    http_.data() + http_.size(), status);
    heard.push_back({sound::kind::refused, status, {}});
  }
  return true;
}

void wire_line::tells(std::shared_ptr<promises> whom, std::string name) {
  watched_ = std::move(whom);
  name_ = std::move(name);
  if (watched_ && is_admitted_)
    watched_->admitted(name_);
  for (const auto& one : heard)
    tell(one);
}

void wire_line::tell(const sound& what) const {
  if (!watched_)
    return;
  if (what.what == sound::kind::text || what.what == sound::kind::binary)
    watched_->heard(name_, what.bytes);
  if (what.what == sound::kind::goodbye)
    watched_->ended(name_);
}

void wire_line::take(sound what) {
  tell(what);
  switch (what.what) {
  case sound::kind::opened: return;
  case sound::kind::ping: return send(10, what.bytes);
  case sound::kind::pong:
    if (what.bytes.starts_with(fence_mark)) {
      ++fences_heard_;
      return;
    }
    break; // the answer to a ping of the script's
  case sound::kind::goodbye:
    has_heard_close_ = true;
    if (has_closed_)
      return;
    if (answers_close_)
      close(what.code, {});
    break;
  default: break;
  }
  heard.push_back(std::move(what));
}

} // namespace callsign::testkit
