#include "tests/net/raw_client.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace callsign::test {

namespace {

using clock = std::chrono::steady_clock;

[[nodiscard]] int milliseconds_left(clock::time_point limit) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(limit - clock::now()).count();
  return static_cast<int>(std::max<long>(0, left));
}

[[nodiscard]] bool is_same_word(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](unsigned char x, unsigned char y) {
    return std::tolower(x) == std::tolower(y);
  });
}

} // namespace

raw_client::raw_client(std::uint16_t port, const std::string& address, const std::string& from) {
  sockaddr_storage where{};
  socklen_t size = 0;
  if (address.find(':') == std::string::npos) {
    auto& v4 = reinterpret_cast<sockaddr_in&>(where);
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port);
    if (::inet_pton(AF_INET, address.c_str(), &v4.sin_addr) != 1)
      throw std::runtime_error{"bad address"};
    size = sizeof(sockaddr_in);
  } else {
    auto& v6 = reinterpret_cast<sockaddr_in6&>(where);
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(port);
    if (::inet_pton(AF_INET6, address.c_str(), &v6.sin6_addr) != 1)
      throw std::runtime_error{"bad address"};
    size = sizeof(sockaddr_in6);
  }
  fd_ = ::socket(where.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in ours{};
  ours.sin_family = AF_INET;
  if (!from.empty() && (::inet_pton(AF_INET, from.c_str(), &ours.sin_addr) != 1 ||
                        ::bind(fd_, reinterpret_cast<const sockaddr*>(&ours), sizeof ours) != 0))
    throw std::runtime_error{"cannot come from " + from};
  if (fd_ < 0 || ::connect(fd_, reinterpret_cast<const sockaddr*>(&where), size) != 0) {
    const std::string why = std::strerror(errno);
    close();
    throw std::runtime_error{"cannot connect: " + why};
  }
}

raw_client::raw_client(raw_client&& other) noexcept
    : fd_{std::exchange(other.fd_, -1)}, in_{std::move(other.in_)} {}

raw_client::~raw_client() { close(); }

void raw_client::close() {
  if (fd_ >= 0)
    ::close(std::exchange(fd_, -1));
}

void raw_client::reset() {
  const linger at_once{1, 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  close();
}

void raw_client::shut_down_sending() { ::shutdown(fd_, SHUT_WR); }

void raw_client::send(std::string_view bytes) {
  const auto limit = clock::now() + patience;
  while (!bytes.empty()) {
    pollfd asked{fd_, POLLOUT, 0};
    if (::poll(&asked, 1, milliseconds_left(limit)) <= 0)
      return;
    const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0)
      return;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

std::size_t raw_client::send_some(std::string_view bytes) {
  const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  return sent < 0 ? 0 : static_cast<std::size_t>(sent);
}

raw_client::event raw_client::fill(clock::time_point limit) {
  pollfd asked{fd_, POLLIN, 0};
  if (::poll(&asked, 1, milliseconds_left(limit)) <= 0)
    return event::nothing;
  std::array<char, 64 * 1024> bytes;
  const ssize_t got = ::recv(fd_, bytes.data(), bytes.size(), 0);
  if (got <= 0)
    return got == 0 ? event::end : event::reset;
  in_.append(bytes.data(), static_cast<std::size_t>(got));
  return event::bytes;
}

std::string raw_client::read_until(std::string_view mark, std::chrono::milliseconds span) {
  const auto limit = clock::now() + span;
  for (std::size_t from = 0;;) {
    const std::size_t at = in_.find(mark, from);
    if (at != std::string::npos) {
      std::string found = in_.substr(0, at + mark.size());
      in_.erase(0, at + mark.size());
      return found;
    }
    from = in_.size() < mark.size() ? 0 : in_.size() - mark.size() + 1;
    if (fill(limit) != event::bytes)
      return std::exchange(in_, {});
  }
}

std::string raw_client::read_exactly(std::size_t bytes, std::chrono::milliseconds span) {
  const auto limit = clock::now() + span;
  while (in_.size() < bytes && fill(limit) == event::bytes) {
  }
  std::string found = in_.substr(0, bytes);
  in_.erase(0, bytes);
  return found;
}

std::optional<std::string> raw_client::read_to_end(std::chrono::milliseconds span) {
  const auto limit = clock::now() + span;
  for (;;) {
    switch (fill(limit)) {
    case event::bytes: break;
    case event::end:
    case event::reset: return std::exchange(in_, {});
    case event::nothing: return std::nullopt;
    }
  }
}

bool raw_client::ends_cleanly(std::chrono::milliseconds span) {
  const auto limit = clock::now() + span;
  event last = event::bytes;
  while (last == event::bytes)
    last = fill(limit);
  return last == event::end;
}

bool raw_client::is_closed(std::chrono::milliseconds span) { return read_to_end(span).has_value(); }

bool raw_client::is_silent(std::chrono::milliseconds span) {
  return in_.empty() && fill(clock::now() + span) == event::nothing;
}

std::string http_answer::header(std::string_view name) const {
  std::string_view rest = head;
  while (!rest.empty()) {
    const std::size_t end = rest.find("\r\n");
    const std::string_view line = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 2);
    const std::size_t colon = line.find(": ");
    if (colon != std::string_view::npos && is_same_word(line.substr(0, colon), name)) {
      return std::string{line.substr(colon + 2)};
    }
  }
  return {};
}

bool http_answer::has(std::string_view name) const { return !header(name).empty(); }

http_answer read_answer(raw_client& from, body_rule body) {
  http_answer all;
  all.head = from.read_until("\r\n\r\n");
  if (!all.head.starts_with("HTTP/1.1 ") || all.head.size() < 12)
    return all;
  all.status = std::atoi(all.head.c_str() + 9);
  if (body == body_rule::none)
    return all;
  const std::string length = all.header("Content-Length");
  if (!length.empty())
    all.body = from.read_exactly(std::stoul(length));
  return all;
}

std::string client_frame(unsigned first_byte, std::string_view payload) {
  constexpr std::array<unsigned char, 4> mask{0x37, 0xFA, 0x21, 0x3D};
  std::string frame(1, static_cast<char>(first_byte));
  const std::size_t size = payload.size();
  if (size < 126) {
    frame += static_cast<char>(0x80 | size);
  } else {
    const int bytes = size <= 0xFFFF ? 2 : 8;
    frame += static_cast<char>(bytes == 2 ? 0x80 | 126 : 0x80 | 127);
    for (int i = bytes - 1; i >= 0; --i)
      frame += static_cast<char>((static_cast<std::uint64_t>(size) >> (8 * i)) & 0xFF);
  }
  for (const unsigned char m : mask)
    frame += static_cast<char>(m);
  for (std::size_t i = 0; i < size; ++i) {
    frame += static_cast<char>(static_cast<unsigned char>(payload[i]) ^ mask[i % 4]);
  }
  return frame;
}

std::string client_close(unsigned code, std::string_view reason) {
  std::string payload;
  payload += static_cast<char>(code >> 8);
  payload += static_cast<char>(code & 0xFF);
  return client_frame(0x88, payload.append(reason));
}

server_frame read_frame(raw_client& from, std::chrono::milliseconds limit) {
  const std::string head = from.read_exactly(2, limit);
  if (head.size() < 2)
    return {};
  server_frame frame;
  frame.first_byte = static_cast<unsigned char>(head[0]);
  std::size_t size = static_cast<unsigned char>(head[1]);
  if (size >= 126) {
    const std::string length = from.read_exactly(size == 126 ? 2 : 8, limit);
    size = 0;
    for (const char c : length)
      size = size << 8 | static_cast<unsigned char>(c);
  }
  frame.payload = from.read_exactly(size, limit);
  return frame;
}

std::string good_handshake(std::string_view path, std::string_view more) {
  std::string text = "GET ";
  text.append(path).append(
      " HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n");
  text += "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n";
  return text.append(more).append("\r\n");
}

} // namespace callsign::test
