/// \file
/// The small words of HTTP: characters, tokens, lists.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace callsign::rules {

/// Equal without regard to the case of ASCII letters.
[[nodiscard]] bool same_word(std::string_view a, std::string_view b) noexcept;

/// @source RFC 9110 section 5.6.2
[[nodiscard]] bool is_token_char(char c) noexcept;
[[nodiscard]] bool is_token(std::string_view text) noexcept;

/// Without spaces and tabs at both ends.
[[nodiscard]] std::string_view trimmed(std::string_view text) noexcept;

/// Whether a comma-separated list holds the word, in any case.
[[nodiscard]] bool list_has(std::string_view list, std::string_view word) noexcept;

/// Calls `each` with every element of a comma-separated list, trimmed; empty ones are skipped (RFC
/// 9110 section 5.6.1.2). Stops when `each` answers false. @returns whether it went through
template <class Each>
bool for_each_element(std::string_view list, Each&& each) {
  while (!list.empty()) {
    const std::size_t comma = list.find(',');
    const std::string_view element = trimmed(list.substr(0, comma));
    list = comma == std::string_view::npos ? std::string_view{} : list.substr(comma + 1);
    if (!element.empty() && !each(element))
      return false;
  }
  return true;
}

/// `&`, `<`, `>`, `"` and `'` as entities.
[[nodiscard]] std::string escape_html(std::string_view text);

/// Control characters as `\n`, `\x1b` and so on, so that text from outside stays on its line; a
/// backslash doubled.
[[nodiscard]] std::string escape_controls(std::string_view text);

} // namespace callsign::rules
