#include "app/echo/upper.hpp"

#include <bit>
#include <cstddef>
#include <locale.h>
#include <wctype.h>

namespace echo {

namespace {

/// The C library's table of characters, whatever the user's language. Null, and then only ASCII
/// changes, on a system that does not have it.
locale_t characters() {
  static const locale_t all = ::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
  return all;
}

char32_t upper(char32_t c) {
  if (characters() != nullptr)
    return static_cast<char32_t>(::towupper_l(static_cast<wint_t>(c), characters()));
  return c >= U'a' && c <= U'z' ? c - U'a' + U'A' : c;
}

/// How many bytes the character has that begins with this one; 0: none begins so.
std::size_t length(unsigned char first) {
  const auto ones = static_cast<std::size_t>(std::countl_one(first));
  if (ones == 0)
    return 1;
  return ones >= 2 && ones <= 4 ? ones : 0;
}

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

char32_t decoded(std::string_view character) {
  const auto size = character.size();
  auto value = static_cast<char32_t>(static_cast<unsigned char>(character[0]));
  if (size > 1)
    value &= char32_t{0x7f} >> size;
  for (const char c : character.substr(1))
    value = (value << 6) | (static_cast<unsigned char>(c) & 0x3f);
  return value;
}

void append(std::string& text, char32_t c) {
  const auto tail = [&text, c](unsigned shift) {
    text += static_cast<char>(0x80 | ((c >> shift) & 0x3f));
  };
  if (c < 0x80) {
    text += static_cast<char>(c);
  } else if (c < 0x800) {
    text += static_cast<char>(0xc0 | (c >> 6));
    tail(0);
  } else if (c < 0x10000) {
    text += static_cast<char>(0xe0 | (c >> 12));
    tail(6);
    tail(0);
  } else {
    text += static_cast<char>(0xf0 | (c >> 18));
    tail(12);
    tail(6);
    tail(0);
  }
}

} // namespace

std::string to_upper(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  while (!text.empty()) {
    std::size_t size = length(static_cast<unsigned char>(text.front()));
    bool is_whole = size != 0 && size <= text.size();
    for (std::size_t i = 1; is_whole && i < size; ++i)
      is_whole = is_continuation(text[i]);
    if (is_whole) {
      append(result, upper(decoded(text.substr(0, size))));
    } else {
      size = 1;
      result += text.front();
    }
    text.remove_prefix(size);
  }
  return result;
}

} // namespace echo
