/// \file
/// What waits in a worker's mailbox.
#pragma once

#include <callsign/task.hpp>

#include <chrono>
#include <cstdint>
#include <source_location>
#include <string>

namespace callsign::detail {

/// The closed set of things a worker can be handed. Tests, the explorer and the recorder see the
/// kind.
enum class entry_kind : std::uint8_t {
  task,      ///< asked for by a call
  requested, ///< a client asks to come in
  opened,    ///< a server has started
  received,  ///< a client's message
  closed,    ///< a connection or server ends
  timer,     ///< a time has come
  reply,     ///< the answer to an ask
  started,   ///< an incarnation begins
  down,      ///< a worker that is watched has ended
};

[[nodiscard]] constexpr const char* to_string(entry_kind kind) noexcept {
  switch (kind) {
  case entry_kind::task: return "task";
  case entry_kind::requested: return "requested";
  case entry_kind::opened: return "opened";
  case entry_kind::received: return "received";
  case entry_kind::closed: return "closed";
  case entry_kind::timer: return "timer";
  case entry_kind::reply: return "reply";
  case entry_kind::started: return "started";
  case entry_kind::down: return "down";
  }
  return "unknown";
}

/// Lifecycle entries survive a kill: somebody waits for what they do. Tasks and messages do not.
[[nodiscard]] constexpr bool is_lifecycle(entry_kind kind) noexcept {
  return kind == entry_kind::requested || kind == entry_kind::opened || kind == entry_kind::closed;
}

/// Marks a sender that is no worker; worker numbers do not get that far.
constexpr std::uint32_t client_mark = 0x8000'0000U;

/// One step of a worker.
struct entry {
  entry_kind kind = entry_kind::task;
  /// What runs is wrapped, so that a trace is written of it.
  bool is_traced : 1 = false;
  /// A question to one incarnation, by its number: when that is aborted, no other one answers.
  bool is_of_one_life : 1 = false;
  /// When it came, for mailboxes that have a limit: in steps of 2^24 ns (17 ms), of which 2^16 are
  /// 18 minutes; what is older seems younger. 0: not known.
  std::uint16_t since = 0;
  /// Who called, for test kits: the lower half of the number, which fits where nothing else does.
  /// 0: no worker. With `client_mark`, the client's number in a recording.
  std::uint32_t sender = 0;
  std::source_location where;
  task run;
};

/// @units see `entry::since`
inline constexpr int stamp_shift = 24;
[[nodiscard]] constexpr std::uint16_t stamp_of(std::chrono::steady_clock::time_point now) noexcept {
  const auto steps = static_cast<std::uint16_t>(
      static_cast<std::uint64_t>(now.time_since_epoch().count()) >> stamp_shift);
  return steps == 0 ? std::uint16_t{1} : steps;
}

/// "chat.cpp:42", as logs and snapshots show it.
[[nodiscard]] std::string label_of(const std::source_location& where);

} // namespace callsign::detail
