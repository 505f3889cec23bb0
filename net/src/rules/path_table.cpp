#include "net/src/rules/path_table.hpp"

namespace callsign::rules {

std::optional<path_pattern> parse_pattern(std::string_view path) {
  if (path.empty())
    return path_pattern{};
  if (path.front() != '/')
    return std::nullopt;
  const bool is_prefix = path.back() == '*';
  if (is_prefix)
    path.remove_suffix(1);
  if (path.find_first_of("*?#") != std::string_view::npos)
    return std::nullopt;
  auto decoded = decode_path(path);
  if (!decoded)
    return std::nullopt;
  if (is_prefix) {
    // "/*" is a prefix too; it is less specific than any other prefix and more than no path.
    return path_pattern{path_pattern::kind::prefix, *decoded};
  }
  if (decoded->size() > 1 && decoded->back() == '/')
    decoded->pop_back();
  return path_pattern{path_pattern::kind::exact, *decoded};
}

} // namespace callsign::rules
