/// \file
/// The thread that writes the log, so that nobody else waits for whoever reads it.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

namespace program {

/// Writes lines to a descriptor, in order, on a thread of its own.
///
/// What waits is bounded. A line that finds no room is lost and counted, and where it is missing a
/// line in the log says how many are.
///
/// @context  any thread; never waits for the descriptor
class log_writer {
public:
  struct options {
    int descriptor = -1;
    bool is_owned = false; ///< closed at the end
    /// @units bytes that may wait; as many again are on their way at most
    std::size_t most = std::size_t{1024} * 1024;
    /// How long the end waits for what is left to be written.
    std::chrono::milliseconds patience{1'000};
  };
  /// Standard error, on a descriptor of its own: a write that nobody waits for any more cannot end
  /// up in what takes the number over.
  [[nodiscard]] static options standard_error();
  /// Words the line that stands for so many lost ones, line end included.
  using wording = std::function<std::string(std::uint64_t lost)>;

  log_writer(options how, wording lost_lines);
  log_writer(const log_writer&) = delete;
  log_writer& operator=(const log_writer&) = delete;
  /// Writes what is left, as far as that is possible within the patience.
  ~log_writer();

  /// Takes one line, with its line end.
  void write(std::string_view line);

  /// Waits until nothing is left to be written. False: that takes longer.
  [[nodiscard]] bool is_done_within(std::chrono::milliseconds limit) const;

  /// How many lines were lost so far.
  [[nodiscard]] std::uint64_t lost() const;

private:
  struct state;
  static void run(state& shared);

  std::shared_ptr<state> shared_;
  std::chrono::milliseconds patience_;
  std::thread thread_;
};

/// Says something on standard error at the end of a program, or of its start: on the screen when it
/// returns, unless nobody reads there, and then it does not wait for long.
///
/// @units  whole lines
void last_words(std::string_view lines) noexcept;

} // namespace program
