#include <callsign/request.hpp>

#include "net/src/rules/http_text.hpp"

namespace callsign {

std::optional<std::string_view> header_list::find(std::string_view name) const {
  for (const auto& [key, value] : all_) {
    if (rules::same_word(key, name))
      return value;
  }
  return std::nullopt;
}

std::vector<std::string_view> header_list::values(std::string_view name) const {
  std::vector<std::string_view> found;
  for (const auto& [key, value] : all_) {
    if (rules::same_word(key, name))
      found.push_back(value);
  }
  return found;
}

} // namespace callsign
