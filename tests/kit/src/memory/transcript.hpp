/// \file
/// What was said and heard in a story, for its failures.
#pragma once

#include "tests/kit/src/chart.hpp"

#include <callsign/testkit/promises.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace callsign::testkit::memory {

/// The steps of a conversation. @context one thread
class transcript {
public:
  /// The lifeline of the other side.
  static constexpr const char* program = "program";

  /// "ana -> joins /chat", "ana <- "Welcome!"", or something that concerns everybody.
  void add(std::string line);
  /// Something that one does alone.
  void add_of(std::string who, std::string words);
  /// The end of it, as a sequence chart.
  [[nodiscard]] std::string last(std::size_t count = 14) const;

  /// What is said and heard from now on, if somebody wants to know.
  std::optional<promises> watched;

private:
  std::vector<chart_row> rows_;
};

/// Text in quotes, shortened, with control characters escaped; bytes as hexadecimal numbers.
[[nodiscard]] std::string in_quotes(std::string_view text);
[[nodiscard]] std::string in_hex(std::string_view bytes);
/// All of them, as the language of scripts writes it.
[[nodiscard]] std::string in_hex_whole(std::string_view bytes);

} // namespace callsign::testkit::memory
