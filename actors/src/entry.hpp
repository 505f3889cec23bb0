/// \file
/// What waits in a worker's mailbox.
#pragma once

#include <callsign/task.hpp>

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
  }
  return "unknown";
}

/// Lifecycle entries survive a kill: somebody waits for what they do. Tasks and messages do not.
[[nodiscard]] constexpr bool is_lifecycle(entry_kind kind) noexcept {
  return kind == entry_kind::requested || kind == entry_kind::opened || kind == entry_kind::closed;
}

/// One step of a worker.
struct entry {
  entry_kind kind = entry_kind::task;
  /// Who called, for test kits: the lower half of the number, which fits where nothing else does.
  /// 0: no worker.
  std::uint32_t sender = 0;
  std::source_location where;
  task run;
};

/// "chat.cpp:42", as logs and snapshots show it.
[[nodiscard]] std::string label_of(const std::source_location& where);

} // namespace callsign::detail
