#include "net/src/rules/http_request.hpp"

#include "net/src/rules/http_text.hpp"
#include "net/src/rules/url.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace callsign::rules {

namespace {

[[nodiscard]] complaint understand_target(request_head& head, request_meaning& into) {
  const auto hosts = head.headers.values("Host");
  if (hosts.size() > 1)
    return {400, "there are two Host headers"};
  if (hosts.empty() && head.version == 11)
    return {400, "there is no Host header"};
  // An empty one is allowed to those who have no name for us.
  if (!hosts.empty() && !hosts.front().empty() && !is_authority(hosts.front())) {
    return {400, "the Host header is no host"};
  }
  const auto target = split_target(head.target);
  if (!target)
    return {400, "the target is neither a path nor a URL of this server"};
  if (target->path == "*") {
    if (into.method != http_method::options)
      return {400, "only OPTIONS asks about *"};
    into.path = into.raw_path = "*";
    return {};
  }
  auto decoded = decode_path(target->path);
  if (!decoded)
    return {400, "the path cannot be decoded"};
  into.path = std::move(*decoded);
  into.raw_path = target->path;
  into.query = target->query;
  if (!target->authority.empty()) {
    into.is_absolute = true;
    header_list replaced;
    replaced.add("Host", std::string{target->authority});
    for (const auto& [name, value] : head.headers) {
      if (!same_word(name, "Host"))
        replaced.add(name, value);
    }
    std::string shown = into.raw_path;
    if (!into.query.empty())
      shown += '?' + into.query;
    head.headers = std::move(replaced);
    head.target = std::move(shown);
  }
  return {};
}

[[nodiscard]] complaint understand_body(const request_head& head, std::size_t max_bytes,
                                        request_meaning& into) {
  const auto codings = head.headers.values("Transfer-Encoding");
  const auto lengths = head.headers.values("Content-Length");
  if (!codings.empty()) {
    if (!lengths.empty())
      return {400, "there are both Transfer-Encoding and Content-Length"};
    if (head.version == 10)
      return {400, "HTTP/1.0 knows no Transfer-Encoding"};
    if (codings.size() > 1)
      return {400, "there are two Transfer-Encoding headers"};
    const std::string_view coding = codings.front();
    if (!same_word(coding, "chunked")) {
      // "gzip, chunked" is well-formed, but not known here; "chunked, gzip" has no clear end.
      const bool ends_chunked =
          coding.size() > 7 && same_word(coding.substr(coding.size() - 7), "chunked");
      return ends_chunked || coding.find(',') == std::string_view::npos
                 ? complaint{501, "only the transfer coding chunked is known"}
                 : complaint{400, "the body has no clear end"};
    }
    into.is_chunked = true;
    return {};
  }
  if (lengths.size() > 1)
    return {400, "there are two Content-Length headers"};
  if (lengths.empty())
    return {};
  const std::string_view digits = lengths.front();
  if (digits.empty() || digits.find_first_not_of("0123456789") != std::string_view::npos) {
    return {400, "the Content-Length is no number"};
  }
  std::uint64_t bytes = 0;
  for (const char c : digits) {
    bytes = bytes * 10 + static_cast<std::uint64_t>(c - '0');
    if (bytes > max_bytes)
      return {413, "the body is too large"};
  }
  into.body_bytes = bytes;
  return {};
}

} // namespace

http_method method_of(std::string_view name) noexcept {
  if (name == "GET")
    return http_method::get;
  if (name == "HEAD")
    return http_method::head;
  if (name == "OPTIONS")
    return http_method::options;
  constexpr std::array<std::string_view, 6> known{"POST",  "PUT",   "DELETE",
                                                  "PATCH", "TRACE", "CONNECT"};
  const bool is_known = std::find(known.begin(), known.end(), name) != known.end();
  return is_known ? http_method::other_known : http_method::unknown;
}

complaint understand(request_head& head, std::size_t max_body_bytes, request_meaning& into) {
  into.method = method_of(head.method);
  if (into.method == http_method::unknown)
    return {501, "the method is not known"};
  if (head.method == "CONNECT")
    return {405, "this is no proxy"};
  if (const complaint bad = understand_body(head, max_body_bytes, into))
    return bad;
  if (const complaint bad = understand_target(head, into))
    return bad;

  into.keeps_line = head.version == 11;
  for (const auto value : head.headers.values("Connection")) {
    if (list_has(value, "close")) {
      into.keeps_line = false;
      break;
    }
    if (head.version == 10 && list_has(value, "keep-alive"))
      into.keeps_line = true;
  }
  for (const auto value : head.headers.values("Expect")) {
    if (!same_word(value, "100-continue"))
      return {417, "the expectation is not known"};
    into.expects_continue = head.version == 11;
  }
  return {};
}

} // namespace callsign::rules
