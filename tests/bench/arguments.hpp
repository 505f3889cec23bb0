#pragma once

#include <charconv>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>

namespace bench {

/// Walks over a command line of `--name value` pairs and lone `--name` flags.
///
/// @errors  `std::invalid_argument` that names the argument
class arguments {
public:
  arguments(int count, const char* const* words) noexcept
      : words_{words + 1}, left_{static_cast<std::size_t>(count > 0 ? count - 1 : 0)} {}

  [[nodiscard]] bool is_empty() const noexcept { return left_ == 0; }

  /// Takes the next name.
  std::string_view name() {
    name_ = take();
    return name_;
  }

  /// Takes the text after the name just taken.
  std::string_view text() {
    if (is_empty())
      throw std::invalid_argument{std::string{name_} + " needs a value"};
    return take();
  }

  /// Takes the number after the name just taken.
  template <class Number>
  Number number() {
    const std::string_view digits = text();
    Number value{};
    const char* end = digits.data() + digits.size();
    const auto read = std::from_chars(digits.data(), end, value);
    if (read.ec != std::errc{} || read.ptr != end)
      throw std::invalid_argument{std::string{name_} + ": '" + std::string{digits} +
                                  "' is not a number in its range"};
    return value;
  }

  /// Says that the name just taken, or its value, is not known.
  [[noreturn]] void refuse(std::string_view why) const {
    throw std::invalid_argument{std::string{name_} + ": " + std::string{why}};
  }

private:
  std::string_view take() noexcept {
    --left_;
    return *words_++;
  }

  const char* const* words_;
  std::size_t left_;
  std::string_view name_;
};

} // namespace bench
