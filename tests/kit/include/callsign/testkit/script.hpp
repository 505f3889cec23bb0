/// \file
/// Stories in plain text, which one file tells at three altitudes.
#pragma once

#include <callsign/net.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <source_location>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace callsign::testkit {

/// Where a script is played.
enum class altitude {
  actors,  ///< the handlers alone, behind a door in memory, one thing after the other
  program, ///< the whole program as its main() puts it together, behind a door in memory; in order,
           ///< and then in many random orders
  wire,    ///< a program that runs somewhere, over sockets
};

[[nodiscard]] std::string_view to_string(altitude which) noexcept;

/// What is played with: an application of one's own, in two sizes.
struct application {
  /// Where clients go who name no path.
  std::string url = "/";
  /// For `altitude::actors`: the handler of its server, and how that server is made.
  std::function<std::shared_ptr<server_handler>()> handler = {};
  server_options options = {};
  /// For `altitude::program`: makes and starts everything that main() would, on this network.
  /// What it answers lives until the script is over; it must let go of `web_server`s then.
  std::function<std::shared_ptr<void>(callsign::workers&, callsign::network&)> starts = {};
  /// For recordings: the same application, started with these words on its command line. Without
  /// it a recording is replayed as if it had none.
  std::function<application(const std::vector<std::string>& arguments)> started_with = {};
};

/// Something is wrong with the text of a script.
class script_error : public std::runtime_error {
public:
  script_error(std::string file, std::size_t line, std::size_t column, const std::string& text);

  [[nodiscard]] const std::string& file() const noexcept { return file_; }
  [[nodiscard]] std::size_t line() const noexcept { return line_; }
  [[nodiscard]] std::size_t column() const noexcept { return column_; }

private:
  std::string file_;
  std::size_t line_;
  std::size_t column_;
};

/// What did not go as the script says.
struct script_failure {
  std::string file;
  std::size_t line = 0;
  std::string text; ///< what was expected, what came instead, and the last steps as a chart
  /// "chat.script:7: ana should hear …"
  [[nodiscard]] std::string in_words() const;
};

/// How a script is played.
struct play_options {
  altitude at = altitude::actors;
  /// `altitude::program`: so many random orders after the plain one.
  std::uint64_t seeds = 20;
  /// In memory: a line behind which more is left to do than so many steps fails.
  std::size_t max_steps = 100'000;
  /// `altitude::wire`: "ws://127.0.0.1:8080"; a script's paths go behind it.
  std::string url = {};
  /// `altitude::wire`: how long something that must come may take …
  std::chrono::milliseconds patience{5000};
  /// … and how long nothing must come before it counts as silence.
  std::chrono::milliseconds silence{200};
};

/// A story in plain text (docs/testing.md describes the language).
///
/// @context one thread
class script {
public:
  /// @param file  for messages
  /// @errors `script_error`, with line and column
  [[nodiscard]] static script parse(std::string_view text, std::string file = "script");
  /// @errors `script_error`, also if there is no such file
  [[nodiscard]] static script load(const std::string& file);

  /// What the line `program …` says; empty without one.
  [[nodiscard]] const std::string& program() const noexcept;
  /// Whether it may be played there: the line `only at …`.
  [[nodiscard]] bool is_for(altitude which) const noexcept;
  [[nodiscard]] const std::string& file() const noexcept;

  /// Plays it to the end or to the first failure.
  [[nodiscard]] std::optional<script_failure> play(const application& with,
                                                   const play_options& how = {}) const;

  struct parts;

private:
  explicit script(std::shared_ptr<const parts> all) : parts_{std::move(all)} {}
  std::shared_ptr<const parts> parts_;
};

/// A script as a test of GoogleTest: plays the file at both altitudes in memory. A failure is one
/// of the file's line.
void plays(const std::string& file, const application& with,
           std::source_location where = std::source_location::current());

/// Answers an application by the name in a script's `program` line, or nothing.
using make_app = std::function<std::optional<application>(const std::string& name)>;

/// The program `callsign-script`, for applications of one's own:
///
///     run FILE… [--at actors|program] [--seeds N] [--url ws://…]
///     check FILE…
///     replay RECORDING…
///     export RECORDING
///     --help, --version
///
/// @returns 0: all went as written; 1: something did not; 2: a file or the command line is wrong
[[nodiscard]] int script_main(int count, const char* const* words, const make_app& app);

} // namespace callsign::testkit
