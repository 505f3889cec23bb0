#include "tests/kit/src/script/tokens.hpp"

#include "tests/kit/src/script/json_pattern.hpp"

#include <algorithm>
#include <cctype>
#include <cstdlib>

namespace callsign::testkit {

namespace {

int digit_of(char c) {
  if (c >= '0' && c <= '9')
    return c - '0';
  const char low = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
}

bool is_name(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

void append_utf8(std::string& to, std::uint32_t c) {
  const auto tail = [&](int shift) {
    to += static_cast<char>(0x80U | (c >> static_cast<unsigned>(shift) & 0x3FU));
  };
  if (c < 0x80) {
    to += static_cast<char>(c);
  } else if (c < 0x800) {
    to += static_cast<char>(0xC0U | c >> 6U);
    tail(0);
  } else if (c < 0x10000) {
    to += static_cast<char>(0xE0U | c >> 12U);
    tail(6);
    tail(0);
  } else {
    to += static_cast<char>(0xF0U | c >> 18U);
    tail(12);
    tail(6);
    tail(0);
  }
}

class reader {
public:
  reader(std::string_view line, const script_variables& known, const script_complaint& complain)
      : line_{line}, known_{known}, complain_{complain} {}

  std::vector<script_token> all() {
    std::vector<script_token> found;
    while (skip_spaces())
      found.push_back(next());
    return found;
  }

private:
  /// Counted in characters, not in bytes.
  [[nodiscard]] std::size_t column_of(std::size_t at) const {
    const auto before = line_.substr(0, at);
    return 1 + static_cast<std::size_t>(std::ranges::count_if(before, [](char c) {
             return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
           }));
  }

  [[noreturn]] void complain(std::size_t at, const std::string& text) const {
    complain_(column_of(at), text);
    std::abort(); // it does not return
  }

  bool skip_spaces() {
    while (at_ < line_.size() && (line_[at_] == ' ' || line_[at_] == '\t' || line_[at_] == '\r'))
      ++at_;
    return at_ < line_.size() && line_[at_] != '#';
  }

  bool starts(std::string_view what) const { return line_.substr(at_).starts_with(what); }

  script_token next() {
    script_token now{script_token::kind::value, column_of(at_), {}, {}};
    if (starts("->") || starts("<-")) {
      now.what = starts("->") ? script_token::kind::arrow_right : script_token::kind::arrow_left;
      at_ += 2;
    } else if (line_[at_] == '=') {
      now.what = script_token::kind::equals;
      ++at_;
    } else if (line_[at_] == '"') {
      now.value = {script_value::kind::text, string()};
    } else if (line_[at_] == '<') {
      now.value = {script_value::kind::binary, bytes()};
    } else if (line_[at_] == '{' || line_[at_] == '[') {
      now.value = {script_value::kind::json, pattern()};
    } else if (line_[at_] == '$') {
      const auto begin = at_++;
      now.word = name();
      now.value = variable(begin, now.word);
    } else {
      now.what = script_token::kind::word;
      const auto begin = at_;
      while (at_ < line_.size() && !std::isspace(static_cast<unsigned char>(line_[at_])) &&
             std::string_view{"\"$#=<{["}.find(line_[at_]) == std::string_view::npos &&
             !starts("->"))
        ++at_;
      if (at_ == begin)
        complain(begin, "'" + std::string{line_[begin]} + "' begins nothing");
      now.word = line_.substr(begin, at_ - begin);
    }
    return now;
  }

  std::string name() {
    const auto begin = at_;
    while (at_ < line_.size() && is_name(line_[at_]))
      ++at_;
    return std::string{line_.substr(begin, at_ - begin)};
  }

  const script_value& variable(std::size_t where, const std::string& its_name) const {
    const auto found = known_.find(its_name);
    if (found == known_.end())
      complain(where, "there is no variable $" + its_name + "; it needs a line 'let " + its_name +
                          " = …' before");
    return found->second;
  }

  std::string string() {
    const auto begin = at_++;
    std::string text;
    for (;;) {
      if (at_ >= line_.size())
        complain(begin, "this text has no end: a \" is missing");
      const char c = line_[at_++];
      if (c == '"')
        return text;
      if (c == '\\')
        escape(text);
      else if (c == '$' && at_ < line_.size() && line_[at_] == '{')
        insert(text);
      else
        text += c;
    }
  }

  void insert(std::string& text) {
    const auto begin = at_ - 1;
    ++at_;
    const auto its_name = name();
    if (at_ >= line_.size() || line_[at_] != '}')
      complain(begin, "a variable within a text looks like ${name}");
    ++at_;
    text += variable(begin, its_name).bytes;
  }

  void escape(std::string& text) {
    const auto begin = at_ - 1;
    const char c = at_ < line_.size() ? line_[at_++] : ' ';
    switch (c) {
    case '"':
    case '\\':
    case '$': text += c; return;
    case 'n': text += '\n'; return;
    case 'r': text += '\r'; return;
    case 't': text += '\t'; return;
    case 'u': return character(text, begin);
    default: complain(begin, R"(after a \ comes one of " \ $ n r t u{…})");
    }
  }

  void character(std::string& text, std::size_t begin) {
    std::uint32_t code = 0;
    const auto brace = line_.find('}', at_);
    if (!starts("{") || brace == std::string_view::npos || brace == at_ + 1 || brace > at_ + 7)
      complain(begin, R"(a character by number looks like \u{1F600})");
    for (++at_; at_ < brace; ++at_) {
      if (digit_of(line_[at_]) < 0)
        complain(at_, "this is no hexadecimal digit");
      code = code * 16 + static_cast<std::uint32_t>(digit_of(line_[at_]));
    }
    ++at_;
    if (code > 0x10FFFF || (code >= 0xD800 && code < 0xE000))
      complain(begin, "there is no such character");
    append_utf8(text, code);
  }

  std::string bytes() {
    const auto begin = at_++;
    std::string all;
    for (;;) {
      while (at_ < line_.size() && line_[at_] == ' ')
        ++at_;
      if (at_ >= line_.size())
        complain(begin, "these bytes have no end: a > is missing");
      if (line_[at_] == '>') {
        ++at_;
        return all;
      }
      const int high = digit_of(line_[at_]);
      const int low = at_ + 1 < line_.size() ? digit_of(line_[at_ + 1]) : -1;
      if (high < 0 || low < 0)
        complain(at_, "bytes are written as pairs of hexadecimal digits, as in <01 ff>");
      all += static_cast<char>(high * 16 + low);
      at_ += 2;
    }
  }

  std::string pattern() {
    const auto begin = at_;
    int depth = 0;
    bool is_string = false;
    for (; at_ < line_.size(); ++at_) {
      const char c = line_[at_];
      if (is_string && c == '\\')
        ++at_;
      else if (c == '"')
        is_string = !is_string;
      else if (!is_string && (c == '{' || c == '['))
        ++depth;
      else if (!is_string && (c == '}' || c == ']') && --depth == 0)
        break;
    }
    if (at_ >= line_.size())
      complain(begin, std::string{"this JSON has no end: a "} + (line_[begin] == '{' ? "}" : "]") +
                          " is missing");
    std::string text{line_.substr(begin, ++at_ - begin)};
    if (const auto wrong = pattern_complaint(text); !wrong.empty())
      complain(begin, "this is no JSON: " + wrong);
    return text;
  }

  std::string_view line_;
  const script_variables& known_;
  const script_complaint& complain_;
  std::size_t at_ = 0;
};

} // namespace

std::vector<script_token> tokens_of(std::string_view line, const script_variables& known,
                                    const script_complaint& complain) {
  return reader{line, known, complain}.all();
}

} // namespace callsign::testkit
