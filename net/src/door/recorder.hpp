/// \file
/// Writes a recording: one line of JSON for each thing that happened.
#pragma once

#include "net/src/door/door.hpp"
#include "net/src/rules/json_line.hpp"
#include "net/src/rules/redaction.hpp"

#include <callsign/recording.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <memory>
#include <mutex>
#include <string_view>

namespace callsign::door {

/// The format of recordings; a reader refuses a newer one.
constexpr std::uint64_t recording_format = 1;

/// One recording. Its lines stand in an order in which everything could have happened one after the
/// other: a cause is written before what it brings about begins.
///
/// Each line is written at once, so that one who is killed has written all but the last.
///
/// @context any thread; waits for the file
class recorder {
public:
  using clock = std::function<std::chrono::steady_clock::time_point()>;

  /// Takes over the file, which is new. @errors `failure` if it cannot be written; then it is gone
  /// @param seed  of all that is drawn from now on
  recorder(std::FILE* file, const record_options& how, std::size_t io_threads,
           std::size_t max_buffered_bytes, std::uint64_t seed, std::shared_ptr<ledger> books,
           clock now);
  recorder(const recorder&) = delete;
  recorder& operator=(const recorder&) = delete;
  ~recorder();

  /// Says why that file cannot be recorded into: an error of the system.
  [[noreturn]] static void refuse(const std::string& file, int why);

  /// Whether what is written still arrives.
  [[nodiscard]] bool is_on() const noexcept { return is_on_.load(std::memory_order_acquire); }
  [[nodiscard]] std::uint32_t next_client() noexcept { return ++clients_; }
  [[nodiscard]] std::chrono::steady_clock::time_point now() const { return now_(); }
  [[nodiscard]] const rules::redaction& hides() const noexcept { return hides_; }

  /// What happened, without its time, which is added here. `what` is its verb.
  void write(rules::json_line&& members, std::string_view what);
  /// The set of workers begins to end.
  void stops();
  /// The network has ended: nothing is written any more.
  void ends();

private:
  void put(const std::string& line);

  const record_options how_;
  const rules::redaction hides_;
  const std::shared_ptr<ledger> books_;
  std::mutex lock_;
  std::FILE* file_ = nullptr;
  const clock now_;
  const std::chrono::steady_clock::time_point begin_;
  std::size_t written_ = 0;
  std::atomic<std::uint32_t> clients_{0};
  std::atomic<bool> is_on_{true};
  std::atomic<bool> is_stop_told_{false};
};

/// The same backend, with everything that goes through its door written down. Whoever does not
/// record does not have it.
[[nodiscard]] std::unique_ptr<backend> make_tapped(std::unique_ptr<backend> what,
                                                   std::shared_ptr<recorder> notes);

} // namespace callsign::door
