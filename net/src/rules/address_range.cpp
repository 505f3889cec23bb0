#include <callsign/address_range.hpp>

#include "net/src/rules/address.hpp"

#include <stdexcept>

namespace callsign {

namespace {

[[noreturn]] void complain(std::string_view text, std::string_view what) {
  throw std::invalid_argument{"\"" + std::string{text} +
                              "\" is no address range: " + std::string{what}};
}

[[nodiscard]] std::uint8_t mask_of(unsigned bits) noexcept {
  return bits >= 8 ? std::uint8_t{0xFF} : static_cast<std::uint8_t>(0xFF00U >> bits);
}

} // namespace

address_range::address_range(std::string_view text) : text_{text} {
  const std::size_t slash = text.find('/');
  const auto bytes = rules::parse_address(text.substr(0, slash));
  if (!bytes)
    complain(text, "write 127.0.0.1, 10.0.0.0/8 or ::1/128");
  bytes_ = *bytes;
  if (slash != std::string_view::npos) {
    const bool is_dotted = text.substr(0, slash).find(':') == std::string_view::npos;
    const unsigned most = is_dotted ? 32 : 128;
    const std::string_view digits = text.substr(slash + 1);
    unsigned bits = 0;
    for (const char c : digits) {
      if (c < '0' || c > '9' || bits > most)
        complain(text, "after the slash stands a number of bits");
      bits = bits * 10 + static_cast<unsigned>(c - '0');
    }
    if (digits.empty() || bits > most) {
      complain(text, "after the slash stands a number of bits, at most " + std::to_string(most));
    }
    bits_ = bits + (128 - most);
  }
  for (unsigned i = 0; i < bytes_.size(); ++i) {
    const unsigned kept = bits_ > i * 8 ? bits_ - i * 8 : 0;
    if ((bytes_[i] & ~mask_of(kept) & 0xFF) != 0)
      complain(text, "there are ones behind the network's bits");
  }
}

bool address_range::contains(std::string_view address) const noexcept {
  const auto bytes = rules::parse_address(address);
  if (!bytes)
    return false;
  for (unsigned i = 0; i < bytes_.size(); ++i) {
    const unsigned kept = bits_ > i * 8 ? bits_ - i * 8 : 0;
    if (((*bytes)[i] & mask_of(kept)) != bytes_[i])
      return false;
  }
  return true;
}

} // namespace callsign
