#include "net/src/rules/origin.hpp"

#include <algorithm>

namespace callsign::rules {

namespace {

char lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

bool same(std::string_view a, std::string_view b) noexcept {
  return std::ranges::equal(a, b, {}, lower, lower);
}

struct place {
  std::string_view host;
  std::string_view port;
};

/// "host[:port]", with an IPv6 address in brackets.
place split(std::string_view authority, std::string_view default_port) {
  const auto bracket = authority.rfind(']');
  const auto colon = authority.rfind(':');
  if (colon == std::string_view::npos || (bracket != std::string_view::npos && colon < bracket)) {
    return {authority, default_port};
  }
  return {authority.substr(0, colon), authority.substr(colon + 1)};
}

} // namespace

bool may_come_from(std::string_view origin, std::string_view host,
                   const std::vector<std::string>& allowed) {
  for (const std::string& one : allowed) {
    if (one == "*" || same(one, origin))
      return true;
  }
  const auto scheme_end = origin.find("://");
  if (scheme_end == std::string_view::npos || host.empty())
    return false;
  const auto scheme = origin.substr(0, scheme_end);
  const std::string_view default_port = same(scheme, "https")  ? "443"
                                        : same(scheme, "http") ? "80"
                                                               : "";
  if (default_port.empty())
    return false;
  const auto from = split(origin.substr(scheme_end + 3), default_port);
  const auto here = split(host, default_port);
  return same(from.host, here.host) && from.port == here.port;
}

} // namespace callsign::rules
