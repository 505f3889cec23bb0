/// \file
/// What a client of a story knows of its stage.
#pragma once

#include "tests/kit/src/memory/door.hpp"

#include <callsign/testkit/client.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <source_location>
#include <string>

namespace callsign::testkit {

class client::state {
public:
  std::string name;
  std::shared_ptr<memory::line> line; ///< null: nobody listened
  std::shared_ptr<memory::transcript> spoken;
  std::function<void(std::source_location)> settle;
  std::function<std::chrono::steady_clock::time_point()> now;

  /// How a slow reader reads.
  struct slowness {
    std::size_t bytes;
    std::chrono::nanoseconds each;
    std::chrono::steady_clock::time_point next;
  };
  std::optional<slowness> slow;

  /// A failure at the line of the story, with the last steps.
  void fail(const std::source_location& at, const std::string& text) const;
  /// The next thing that waits, taken; nothing if there is none.
  [[nodiscard]] std::optional<memory::sound> next();
  /// What waits, in words: "and then …".
  [[nodiscard]] std::string rest_in_words() const;
  [[nodiscard]] std::string silence_in_words() const;
  /// It is time to take some more.
  void takes_its_share();
  void must_hear(const memory::sound& expected, bool with_bytes, const std::source_location& at);
};

} // namespace callsign::testkit
