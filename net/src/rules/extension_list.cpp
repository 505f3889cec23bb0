#include "net/src/rules/extension_list.hpp"

#include "net/src/rules/http_text.hpp"

#include <cstddef>

namespace callsign::rules {

namespace {

/// `name`, `name=token` or `name="token"`.
[[nodiscard]] bool is_parameter(std::string_view text) noexcept {
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos)
    return is_token(text);
  const auto name = trimmed(text.substr(0, equals));
  auto value = trimmed(text.substr(equals + 1));
  if (value.size() >= 2 && value.front() == '"' && value.back() == '"')
    value = value.substr(1, value.size() - 2);
  return is_token(name) && is_token(value);
}

[[nodiscard]] bool is_extension(std::string_view text) noexcept {
  std::size_t semicolon = text.find(';');
  if (!is_token(trimmed(text.substr(0, semicolon))))
    return false;
  while (semicolon != std::string_view::npos) {
    text = text.substr(semicolon + 1);
    semicolon = text.find(';');
    if (!is_parameter(trimmed(text.substr(0, semicolon))))
      return false;
  }
  return true;
}

} // namespace

bool is_extension_list(std::string_view value) noexcept {
  // No lawful value holds a comma or a semicolon in quotation marks, since what they enclose must
  // be a token.
  return for_each_element(value, is_extension);
}

} // namespace callsign::rules
