/// \file
/// The words of one line of a script.
#pragma once

#include "tests/kit/src/script/language.hpp"

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace callsign::testkit {

struct script_token {
  enum class kind : std::uint8_t { word, value, arrow_right, arrow_left, equals };
  kind what;
  std::size_t column; ///< 1 is the first character
  std::string word;   ///< of a word: itself; of a variable: its name
  script_value value;
};

using script_variables = std::map<std::string, script_value, std::less<>>;

/// Complains about a column. Does not return.
using script_complaint = std::function<void(std::size_t column, const std::string& text)>;

/// Takes one line apart; a comment goes.
[[nodiscard]] std::vector<script_token>
tokens_of(std::string_view line, const script_variables& known, const script_complaint& complain);

} // namespace callsign::testkit
