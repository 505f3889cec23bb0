#include "wire/socket.hpp"

#include <arpa/inet.h>
#include <cerrno>
#include <charconv>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdexcept>
#include <sys/resource.h>
#include <sys/socket.h>
#include <system_error>
#include <unistd.h>

namespace bench::wire {
namespace {

sockaddr_in to_sockaddr(const endpoint& at) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(at.address);
  address.sin_port = htons(at.port);
  return address;
}

void set_option(const descriptor& socket, int level, int name) {
  const int on = 1;
  if (::setsockopt(socket.number(), level, name, &on, sizeof(on)) != 0)
    throw_errno("setsockopt");
}

descriptor new_socket() {
  descriptor socket{::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
  if (!socket.is_open())
    throw_errno("socket");
  return socket;
}

} // namespace

void descriptor::reset() noexcept {
  if (number_ >= 0)
    ::close(std::exchange(number_, -1));
}

void throw_errno(const char* attempt) {
  throw std::system_error{errno, std::generic_category(), attempt};
}

target parse_url(std::string_view url) {
  const auto refuse = [url](const char* why) {
    throw std::invalid_argument{"url '" + std::string{url} + "': " + why};
  };
  constexpr std::string_view scheme = "ws://";
  if (!url.starts_with(scheme))
    refuse("must start with ws://");
  std::string_view rest = url.substr(scheme.size());
  target result;
  const std::size_t slash = rest.find('/');
  result.path = slash == std::string_view::npos ? "/" : std::string{rest.substr(slash)};
  result.host = rest.substr(0, slash);
  const std::size_t colon = result.host.rfind(':');
  if (colon == std::string::npos)
    refuse("needs a port");
  const char* digits = result.host.data() + colon + 1;
  const char* end = result.host.data() + result.host.size();
  if (const auto read = std::from_chars(digits, end, result.at.port);
      read.ec != std::errc{} || read.ptr != end)
    refuse("the port is not a number");
  const std::string name = result.host.substr(0, colon);
  in_addr address{};
  if (::inet_pton(AF_INET, name == "localhost" ? "127.0.0.1" : name.c_str(), &address) != 1)
    refuse("the host must be localhost or an IPv4 address");
  result.at.address = ntohl(address.s_addr);
  return result;
}

descriptor listen_on_loopback(std::uint16_t port) {
  descriptor socket = new_socket();
  set_option(socket, SOL_SOCKET, SO_REUSEADDR);
  const sockaddr_in address = to_sockaddr({.port = port});
  if (::bind(socket.number(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0)
    throw_errno("bind");
  if (::listen(socket.number(), SOMAXCONN) != 0)
    throw_errno("listen");
  return socket;
}

std::uint16_t local_port(const descriptor& socket) {
  sockaddr_in address{};
  socklen_t size = sizeof(address);
  if (::getsockname(socket.number(), reinterpret_cast<sockaddr*>(&address), &size) != 0)
    throw_errno("getsockname");
  return ntohs(address.sin_port);
}

descriptor start_connect(const endpoint& to, std::uint32_t source) {
  descriptor socket = new_socket();
  if (source != 0) {
    set_option(socket, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT);
    const sockaddr_in from = to_sockaddr({.address = source});
    if (::bind(socket.number(), reinterpret_cast<const sockaddr*>(&from), sizeof(from)) != 0)
      throw_errno("bind");
  }
  const sockaddr_in address = to_sockaddr(to);
  const auto* generic = reinterpret_cast<const sockaddr*>(&address);
  if (::connect(socket.number(), generic, sizeof(address)) != 0 && errno != EINPROGRESS)
    throw_errno("connect");
  set_no_delay(socket);
  return socket;
}

void set_no_delay(const descriptor& socket) { set_option(socket, IPPROTO_TCP, TCP_NODELAY); }

void raise_file_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0)
    throw_errno("getrlimit");
  limit.rlim_cur = limit.rlim_max;
  if (::setrlimit(RLIMIT_NOFILE, &limit) != 0)
    throw_errno("setrlimit");
}

} // namespace bench::wire
