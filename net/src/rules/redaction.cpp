#include "net/src/rules/redaction.hpp"

#include "net/src/rules/http_text.hpp"
#include "net/src/rules/url.hpp"

#include <algorithm>
#include <optional>

namespace callsign::rules {

namespace {

std::string stars(std::size_t count) { return std::string(count, '*'); }

/// Goes over one JSON text and hides values in it, in place.
class hiding {
public:
  hiding(std::string& text, const std::vector<std::string>& fields)
      : text_{text}, fields_{fields} {}

  /// False: it is no JSON.
  bool run() {
    const bool is_json = value(false, 0);
    spaces();
    return is_json && at_ == text_.size();
  }

private:
  static constexpr int max_depth = 64;

  [[nodiscard]] char here() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  void spaces() {
    while (at_ < text_.size() && std::string_view{" \t\r\n"}.find(text_[at_]) != std::string::npos)
      ++at_;
  }
  bool take(char c) {
    spaces();
    if (here() != c)
      return false;
    ++at_;
    return true;
  }

  bool value(bool is_hidden, int depth) {
    spaces();
    if (depth > max_depth)
      return false;
    switch (here()) {
    case '{': return members(is_hidden, depth);
    case '[': return elements(is_hidden, depth);
    case '"': {
      const auto found = string();
      if (found && is_hidden)
        std::fill_n(text_.begin() + static_cast<std::ptrdiff_t>(found->first), found->second, '*');
      return found.has_value();
    }
    default: return scalar(is_hidden);
    }
  }

  bool members(bool is_hidden, int depth) {
    ++at_;
    if (take('}'))
      return true;
    do {
      spaces();
      const auto name = string();
      if (!name || !take(':'))
        return false;
      const auto key = std::string_view{text_}.substr(name->first, name->second);
      // A name that is spelt with escapes may be any of them.
      const bool is_one = key.find('\\') != std::string_view::npos ||
                          std::ranges::find(fields_, key) != fields_.end();
      if (!value(is_hidden || is_one, depth + 1))
        return false;
    } while (take(','));
    return take('}');
  }

  bool elements(bool is_hidden, int depth) {
    ++at_;
    if (take(']'))
      return true;
    do {
      if (!value(is_hidden, depth + 1))
        return false;
    } while (take(','));
    return take(']');
  }

  bool scalar(bool is_hidden) {
    const auto begin = at_;
    while (at_ < text_.size() &&
           std::string_view{",]} \t\r\n"}.find(text_[at_]) == std::string::npos)
      ++at_;
    if (begin == at_)
      return false;
    if (is_hidden)
      std::fill(text_.begin() + static_cast<std::ptrdiff_t>(begin),
                text_.begin() + static_cast<std::ptrdiff_t>(at_), '1');
    return true;
  }

  /// Where what is between the quotes begins, and how long it is.
  std::optional<std::pair<std::size_t, std::size_t>> string() {
    if (here() != '"')
      return std::nullopt;
    const auto begin = ++at_;
    while (at_ < text_.size() && text_[at_] != '"')
      at_ += text_[at_] == '\\' ? 2 : 1;
    if (at_ >= text_.size())
      return std::nullopt;
    return std::pair{begin, at_++ - begin};
  }

  std::string& text_;
  const std::vector<std::string>& fields_;
  std::size_t at_ = 0;
};

} // namespace

std::string redaction::text(std::string_view message) const {
  if (hides_messages)
    return stars(message.size());
  const auto first = message.find_first_not_of(" \t\r\n");
  if (fields.empty() || first == std::string_view::npos ||
      (message[first] != '{' && message[first] != '['))
    return std::string{message};
  std::string shown{message};
  return hiding{shown, fields}.run() ? shown : stars(message.size());
}

std::string redaction::header(std::string_view name, std::string_view value) const {
  const auto is_it = [name](const std::string& one) { return same_word(one, name); };
  if (std::ranges::any_of(headers, is_it))
    return stars(value.size());
  return same_word(name, "Referer") ? url(value) : std::string{value};
}

std::string redaction::url(std::string_view target) const {
  const auto question = target.find('?');
  if (fields.empty() || question == std::string_view::npos)
    return std::string{target};
  std::string shown{target.substr(0, question + 1)};
  auto rest = target.substr(question + 1);
  while (!rest.empty()) {
    const auto end = std::min(rest.find('&'), rest.size());
    const auto pair = rest.substr(0, end);
    const auto equals = std::min(pair.find('='), pair.size());
    const auto decoded = parse_query(pair);
    const bool is_one =
        !decoded.empty() && std::ranges::find(fields, decoded.begin()->first) != fields.end();
    shown += is_one && equals < pair.size()
                 ? std::string{pair.substr(0, equals + 1)} + stars(pair.size() - equals - 1)
                 : std::string{pair};
    if (end < rest.size())
      shown += '&';
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return shown;
}

} // namespace callsign::rules
