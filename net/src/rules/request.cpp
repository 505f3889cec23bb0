#include <callsign/request.hpp>

#include "net/src/rules/http_text.hpp"

#include <limits>
#include <stdexcept>

namespace callsign {

void header_list::add(std::string_view name, std::string_view value) {
  const std::size_t begin = text_.size();
  const std::size_t end_of_name = begin + name.size();
  if (end_of_name + value.size() > std::numeric_limits<std::uint32_t>::max())
    throw std::length_error("so many headers nobody can send");
  ends_.push_back({static_cast<std::uint32_t>(end_of_name),
                   static_cast<std::uint32_t>(end_of_name + value.size())});
  try {
    text_ += name;
    text_ += value;
  } catch (...) {
    text_.resize(begin);
    ends_.pop_back();
    throw;
  }
}

std::optional<std::string_view> header_list::find(std::string_view name) const {
  for (const auto& [key, value] : *this) {
    if (rules::same_word(key, name))
      return value;
  }
  return std::nullopt;
}

std::vector<std::string_view> header_list::values(std::string_view name) const {
  std::vector<std::string_view> found;
  for (const auto& [key, value] : *this) {
    if (rules::same_word(key, name))
      found.push_back(value);
  }
  return found;
}

} // namespace callsign
