#include "net/src/rules/url.hpp"

#include "net/src/rules/http_text.hpp"
#include "actors/src/utf8.hpp"

#include <array>

namespace callsign::rules {

namespace {

[[nodiscard]] int hex_digit(char c) noexcept {
  if (c >= '0' && c <= '9')
    return c - '0';
  if (c >= 'a' && c <= 'f')
    return c - 'a' + 10;
  if (c >= 'A' && c <= 'F')
    return c - 'A' + 10;
  return -1;
}

[[nodiscard]] std::string decode_parameter(std::string_view text) {
  std::string spaced{text};
  for (char& c : spaced) {
    if (c == '+')
      c = ' ';
  }
  auto decoded = percent_decode(spaced);
  return decoded && detail::is_utf8(*decoded) ? std::move(*decoded) : std::string{text};
}

} // namespace

std::optional<request_target> split_target(std::string_view target) {
  if (target == "*")
    return request_target{{}, target, {}};
  request_target parts;
  if (!target.starts_with('/')) {
    constexpr std::array<std::string_view, 4> schemes{"http://", "https://", "ws://", "wss://"};
    bool is_known = false;
    for (const auto scheme : schemes) {
      if (target.size() > scheme.size() && same_word(target.substr(0, scheme.size()), scheme)) {
        target.remove_prefix(scheme.size());
        is_known = true;
        break;
      }
    }
    if (!is_known)
      return std::nullopt;
    const std::size_t end = target.find_first_of("/?");
    parts.authority = target.substr(0, end);
    if (!is_authority(parts.authority))
      return std::nullopt;
    target = end == std::string_view::npos ? std::string_view{"/"} : target.substr(end);
    if (target.front() == '?') {
      parts.path = "/";
      parts.query = target.substr(1);
      return parts;
    }
  }
  if (target.find('#') != std::string_view::npos)
    return std::nullopt;
  const std::size_t mark = target.find('?');
  parts.path = target.substr(0, mark);
  if (mark != std::string_view::npos)
    parts.query = target.substr(mark + 1);
  return parts;
}

std::optional<std::string> percent_decode(std::string_view text) {
  std::string plain;
  plain.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      plain += text[i];
      continue;
    }
    if (text.size() - i < 3)
      return std::nullopt;
    const int high = hex_digit(text[i + 1]);
    const int low = hex_digit(text[i + 2]);
    if (high < 0 || low < 0)
      return std::nullopt;
    plain += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return plain;
}

std::optional<std::string> decode_path(std::string_view path) {
  auto plain = percent_decode(path);
  if (!plain || plain->find('\0') != std::string::npos || !detail::is_utf8(*plain))
    return std::nullopt;
  return plain;
}

query_map parse_query(std::string_view query) {
  query_map all;
  while (!query.empty()) {
    const std::size_t next = query.find('&');
    const std::string_view pair = query.substr(0, next);
    query = next == std::string_view::npos ? std::string_view{} : query.substr(next + 1);
    if (pair.empty())
      continue;
    const std::size_t mark = pair.find('=');
    const std::string_view value =
        mark == std::string_view::npos ? std::string_view{} : pair.substr(mark + 1);
    all.insert_or_assign(decode_parameter(pair.substr(0, mark)), decode_parameter(value));
  }
  return all;
}

std::optional<std::string_view> file_name_of(std::string_view decoded_path) {
  if (!decoded_path.starts_with('/'))
    return std::nullopt;
  decoded_path.remove_prefix(1);
  if (decoded_path.find('\\') != std::string_view::npos)
    return std::nullopt;
  if (decoded_path.find('\0') != std::string_view::npos)
    return std::nullopt;
  for (std::string_view rest = decoded_path; !rest.empty();) {
    const std::size_t slash = rest.find('/');
    if (slash == 0 || rest.front() == '.')
      return std::nullopt;
    rest = slash == std::string_view::npos ? std::string_view{} : rest.substr(slash + 1);
  }
  return decoded_path;
}

bool is_authority(std::string_view text) noexcept {
  if (text.empty())
    return false;
  if (text.front() == '[') {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos || end == 1)
      return false;
    for (const char c : text.substr(1, end - 1)) {
      if (hex_digit(c) < 0 && c != ':' && c != '.')
        return false;
    }
    text.remove_prefix(end + 1);
    if (text.empty())
      return true;
    if (text.front() != ':')
      return false;
  } else {
    const std::size_t colon = text.find(':');
    const std::string_view name = text.substr(0, colon);
    if (name.empty())
      return false;
    for (const char c : name) {
      if (!is_token_char(c) && std::string_view{"(),;="}.find(c) == std::string_view::npos)
        return false;
    }
    if (colon == std::string_view::npos)
      return true;
    text.remove_prefix(colon);
  }
  for (const char c : text.substr(1)) {
    if (c < '0' || c > '9')
      return false;
  }
  return text.size() <= 6;
}

} // namespace callsign::rules
