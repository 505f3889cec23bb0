/// \file
/// What a step touches, so that an explorer knows which steps may change places.
#pragma once

#include <map>
#include <string>

namespace callsign::testkit {

/// How a step touches something.
enum class touch {
  adds,   ///< changes it so that the order of such changes cannot be seen
  changes ///< reads or changes it
};

/// What one step touches, by name: mailboxes, threads, shared blocks.
struct footprint {
  /// It may touch whatever there is: code of the application runs in it.
  bool is_everything = true;
  std::map<std::string, touch> what = {};

  void add(const std::string& name, touch how = touch::changes) {
    const auto known = what.try_emplace(name, how).first;
    if (how == touch::changes)
      known->second = how;
  }
};

/// Whether nobody could tell which of the two came first.
[[nodiscard]] bool commute(const footprint& a, const footprint& b);

} // namespace callsign::testkit
