/// \file
/// What was said and heard in a story, for its failures.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace callsign::testkit::memory {

/// The steps of a conversation, one line each. @context one thread
class transcript {
public:
  void add(std::string line) { lines_.push_back(std::move(line)); }
  /// "\nthe last steps:\n  ana -> joins /chat\n  …"
  [[nodiscard]] std::string last(std::size_t count = 14) const;

private:
  std::vector<std::string> lines_;
};

/// Text in quotes, shortened, with control characters escaped; bytes as hexadecimal numbers.
[[nodiscard]] std::string in_quotes(std::string_view text);
[[nodiscard]] std::string in_hex(std::string_view bytes);

} // namespace callsign::testkit::memory
