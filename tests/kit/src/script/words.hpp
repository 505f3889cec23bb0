/// \file
/// Takes the words of a line one after the other, and complains about the next.
#pragma once

#include "tests/kit/src/script/tokens.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace callsign::testkit {

/// The part of the parser that knows no sentences.
class words_of_script {
protected:
  explicit words_of_script(std::string file) : file_{std::move(file)} {}

  void begin_line(std::string_view line, const script_variables& known) {
    ++number_;
    line_ = line;
    tokens_ = tokens_of(line, known, [this](std::size_t column, const std::string& text) {
      complain_at(column, text);
    });
    next_ = 0;
  }

  [[noreturn]] void complain_at(std::size_t column, const std::string& text) const {
    throw script_error{file_, number_, column, text};
  }
  [[noreturn]] void complain(const std::string& text) const {
    complain_at(next_ < tokens_.size() ? tokens_[next_].column : end_column(), text);
  }
  [[nodiscard]] std::size_t end_column() const {
    const auto shown = line_.substr(0, line_.find_last_not_of(" \t\r") + 1);
    return 1 + static_cast<std::size_t>(std::ranges::count_if(
                   shown, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
  }

  [[nodiscard]] bool is_over() const { return next_ >= tokens_.size(); }
  [[nodiscard]] bool is(script_token::kind what) const {
    return !is_over() && tokens_[next_].what == what;
  }
  bool take(std::string_view word) {
    if (!is(script_token::kind::word) || tokens_[next_].word != word)
      return false;
    ++next_;
    return true;
  }
  void must(std::string_view word) {
    if (!take(word))
      complain("here comes '" + std::string{word} + "'");
  }
  std::string word(const std::string& what) {
    if (!is(script_token::kind::word))
      complain("here comes " + what);
    return tokens_[next_++].word;
  }
  /// A word, or a text in quotes.
  std::string name(const std::string& what) {
    if (is(script_token::kind::value) && tokens_[next_].value.what == script_value::kind::text)
      return tokens_[next_++].value.bytes;
    return word(what);
  }
  script_value value() {
    if (!is(script_token::kind::value))
      complain("here comes a text in quotes, bytes in < >, JSON, or a $variable");
    return tokens_[next_++].value;
  }
  std::string text(const std::string& what) {
    const auto column = is_over() ? end_column() : tokens_[next_].column;
    const auto found = value();
    if (found.what != script_value::kind::text)
      complain_at(column, "here comes " + what);
    return found.bytes;
  }
  std::size_t number(const std::string& what) {
    const auto column = is_over() ? end_column() : tokens_[next_].column;
    const auto digits = word(what);
    std::size_t found = 0;
    const auto* end = digits.data() + digits.size();
    if (std::from_chars(digits.data(), end, found).ptr != end)
      complain_at(column, "here comes " + what + ", not '" + digits + "'");
    return found;
  }
  int code_between(std::size_t least, std::size_t most, const std::string& what) {
    const auto column = is_over() ? end_column() : tokens_[next_].column;
    const auto found = number(what);
    if (found < least || found > most)
      complain_at(column,
                  what + " is between " + std::to_string(least) + " and " + std::to_string(most));
    return static_cast<int>(found);
  }
  [[nodiscard]] bool is_number() const {
    return is(script_token::kind::word) && tokens_[next_].word.front() >= '0' &&
           tokens_[next_].word.front() <= '9';
  }
  std::chrono::milliseconds time() {
    const auto column = is_over() ? end_column() : tokens_[next_].column;
    const auto found = word("a time, as 20s");
    std::int64_t count = 0;
    const auto* end = found.data() + found.size();
    const auto rest = std::from_chars(found.data(), end, count);
    const std::string_view unit{rest.ptr, static_cast<std::size_t>(end - rest.ptr)};
    if (rest.ec == std::errc{} && count >= 0) {
      if (unit == "ms")
        return std::chrono::milliseconds{count};
      if (unit == "s")
        return std::chrono::seconds{count};
      if (unit == "min")
        return std::chrono::minutes{count};
    }
    complain_at(column, "a time is a number and ms, s or min, as 20s; not '" + found + "'");
  }

  std::string file_;
  std::size_t number_ = 0; ///< of the line
  std::string_view line_;
  std::vector<script_token> tokens_;
  std::size_t next_ = 0;
};

} // namespace callsign::testkit
