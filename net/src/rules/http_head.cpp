#include "net/src/rules/http_head.hpp"

#include "net/src/rules/http_text.hpp"

namespace callsign::rules {

head_scanner::state head_scanner::refuse(int status, std::string_view why) {
  wrong_ = {status, why};
  return state::bad;
}

complaint head_scanner::check(char c) const {
  const bool is_first_of_all = at_ == begin_;
  if (is_first_of_all && c == '\x16') {
    return {400, "this port speaks plain HTTP; what came looks like TLS"};
  }
  if (is_first_of_all && !is_token_char(c))
    return {400, "a request begins with a method"};
  if (c == '\n')
    return {400, "a line ends with CR LF, not with a bare LF"};
  const auto code = static_cast<unsigned char>(c);
  const bool is_tab_in_header = c == '\t' && lines_ > 0;
  if ((code < 0x20 && !is_tab_in_header) || code == 0x7F)
    return {400, "there is a control character"};
  return {};
}

head_scanner::state head_scanner::look(std::string_view all) {
  if (wrong_)
    return state::bad;
  for (; at_ < all.size(); ++at_) {
    const char c = all[at_];
    if (is_behind_cr_) {
      if (c != '\n')
        return refuse(400, "a CR stands alone");
      is_behind_cr_ = false;
      const bool is_empty = at_ - line_begin_ == 1;
      line_begin_ = at_ + 1;
      if (is_empty && lines_ == 0) {
        if (begin_ > 0)
          return refuse(400, "there are empty lines before the request");
        begin_ = at_ + 1;
        continue;
      }
      if (is_empty) {
        ++at_;
        return at_ - begin_ > limits_.max_bytes ? refuse(431, "the head of the request is too long")
                                                : state::complete;
      }
      // The request line is the first; behind it come the headers.
      if (++lines_ > limits_.max_headers + 1)
        return refuse(431, "there are too many headers");
      continue;
    }
    if (at_ - begin_ >= limits_.max_bytes) {
      return lines_ == 0 ? refuse(414, "the request line is too long")
                         : refuse(431, "the head of the request is too long");
    }
    if (c == '\r') {
      is_behind_cr_ = true;
      continue;
    }
    if (const complaint bad = check(c))
      return refuse(bad.status, bad.why);
  }
  return state::more;
}

namespace {

[[nodiscard]] bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

[[nodiscard]] complaint parse_request_line(std::string_view line, request_head& into) {
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  if (first == std::string_view::npos || last == first)
    return {400, "the request line is not complete"};
  const std::string_view method = line.substr(0, first);
  const std::string_view target = line.substr(first + 1, last - first - 1);
  const std::string_view version = line.substr(last + 1);
  if (!is_token(method))
    return {400, "the method is no token"};
  if (target.empty())
    return {400, "the request has no target"};
  for (const char c : target) {
    if (c == ' ' || static_cast<unsigned char>(c) > 0x7E) {
      return {400, "the target holds what must be percent-encoded"};
    }
  }
  if (version.size() != 8 || !version.starts_with("HTTP/") || !is_digit(version[5]) ||
      version[6] != '.' || !is_digit(version[7])) {
    return {400, "the request line does not end with a version"};
  }
  if (version[5] != '1')
    return {505, "only HTTP/1.1 and HTTP/1.0 are spoken here"};
  into.method = method;
  into.target = target;
  into.version = version[7] == '0' ? 10 : 11;
  return {};
}

} // namespace

complaint parse_head(std::string_view head, request_head& into) {
  const std::size_t line_end = head.find("\r\n");
  if (const complaint bad = parse_request_line(head.substr(0, line_end), into))
    return bad;
  head.remove_prefix(line_end + 2);
  while (!head.starts_with("\r\n")) {
    const std::size_t end = head.find("\r\n");
    if (end == std::string_view::npos)
      return {400, "the head is not complete"};
    const std::string_view line = head.substr(0, end);
    head.remove_prefix(end + 2);
    if (line.front() == ' ' || line.front() == '\t')
      return {400, "a header is folded over two lines"};
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos)
      return {400, "a header has no colon"};
    const std::string_view name = line.substr(0, colon);
    if (!is_token(name))
      return {400, "a header's name is no token, or a space stands before its colon"};
    into.headers.add(name, trimmed(line.substr(colon + 1)));
  }
  return {};
}

} // namespace callsign::rules
