#include "load/marked_text.hpp"

#include <array>
#include <stdexcept>

namespace bench {
namespace {

constexpr std::string_view digits = "0123456789abcdef";
constexpr std::size_t sender_digits = 6;
constexpr std::size_t number_digits = 8;
/// The pattern repeats after this many bytes; a prime, so that neighbours differ.
constexpr std::size_t period = 61;
constexpr std::uint8_t no_digit = 0xFF;

constexpr std::array<std::uint8_t, 256> value_of_digit = [] {
  std::array<std::uint8_t, 256> values{};
  values.fill(no_digit);
  for (std::size_t i = 0; i < digits.size(); ++i)
    values[static_cast<std::uint8_t>(digits[i])] = static_cast<std::uint8_t>(i);
  return values;
}();

void write_hex(char* out, std::size_t count, std::uint32_t value) {
  for (std::size_t i = count; i-- != 0; value >>= 4U)
    out[i] = digits[value & 0xFU];
}

/// Reads `count` digits into `value`; says whether all of them are digits.
bool read_hex(const char* in, std::size_t count, std::uint32_t& value) noexcept {
  std::uint32_t result = 0;
  unsigned seen = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint8_t digit = value_of_digit[static_cast<std::uint8_t>(in[i])];
    seen |= digit;
    result = (result << 4U) | (digit & 0xFU);
  }
  value = result;
  return (seen & 0xF0U) == 0;
}

} // namespace

marked_text::marked_text(std::size_t size) : text_(size, '.') {
  if (size < mark_size)
    throw std::invalid_argument{"--payload must be at least 16 bytes, the size of the mark"};
  for (std::size_t i = 0; i < size + period; ++i)
    pattern_.push_back(static_cast<char>('A' + i % period));
  text_[0] = '~';
  text_[1 + sender_digits] = ':';
}

std::string_view marked_text::padding(mark which) const noexcept {
  const std::size_t shift = (which.number * std::size_t{7} + which.sender) % period;
  return std::string_view{pattern_}.substr(shift, text_.size() - mark_size);
}

std::string_view marked_text::write(mark which) {
  write_hex(text_.data() + 1, sender_digits, which.sender);
  write_hex(text_.data() + 2 + sender_digits, number_digits, which.number);
  text_.replace(mark_size, std::string::npos, padding(which));
  return text_;
}

std::optional<mark> marked_text::read(std::string_view text) const noexcept {
  if (text.size() != text_.size() || text[0] != '~' || text[1 + sender_digits] != ':')
    return std::nullopt;
  mark found;
  if (!read_hex(text.data() + 1, sender_digits, found.sender) ||
      !read_hex(text.data() + 2 + sender_digits, number_digits, found.number) ||
      text.substr(mark_size) != padding(found))
    return std::nullopt;
  return found;
}

} // namespace bench
