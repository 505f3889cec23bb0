/// \file
/// What a server wrote down while it ran, played again.
#pragma once

#include <callsign/testkit/script.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <source_location>
#include <string>
#include <string_view>
#include <vector>

namespace callsign::testkit {

/// A recording made by a server with `record_options` (docs/testing.md).
///
/// @context one thread
class recording {
public:
  /// A last line that is not complete is left out: the server was killed while it wrote it.
  ///
  /// @errors `script_error`, with the line: no recording, a newer one, or one that was changed
  [[nodiscard]] static recording load(const std::string& file);
  [[nodiscard]] static recording parse(std::string_view text, std::string file = "recording");

  /// Which program made it, in which version, and as what it was started.
  [[nodiscard]] const std::string& program() const noexcept;
  [[nodiscard]] const std::string& version() const noexcept;
  [[nodiscard]] const std::vector<std::string>& arguments() const noexcept;
  /// Whether it goes on to the end of the server.
  [[nodiscard]] bool is_whole() const noexcept;
  /// Whether it says in which order all callbacks ran. False if they ran in the connections, on
  /// several I/O threads: then a replay may diverge though nothing has changed.
  [[nodiscard]] bool has_whole_order() const noexcept;
  /// How many lines it has, and how many clients.
  [[nodiscard]] std::size_t lines() const noexcept;
  [[nodiscard]] std::size_t clients() const noexcept;

  /// Runs the application again, behind a door in memory and in virtual time, with what reached the
  /// recorded one and in the order in which it was handled. Answers the first line where something
  /// else happens.
  [[nodiscard]] std::optional<script_failure> replay(const application& with) const;

  /// The same conversation as a script for `script::parse`.
  [[nodiscard]] std::string as_script() const;

  struct parts;

private:
  explicit recording(std::shared_ptr<const parts> all) : parts_{std::move(all)} {}
  std::shared_ptr<const parts> parts_;
};

/// A recording as a test of GoogleTest: a divergence is a failure at its line.
void replays(const std::string& file, const application& with,
             std::source_location where = std::source_location::current());

} // namespace callsign::testkit
