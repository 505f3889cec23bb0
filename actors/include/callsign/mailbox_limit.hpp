/// \file
/// How much may wait in a mailbox.
#pragma once

#include <chrono>
#include <cstddef>

namespace callsign {

/// What becomes of a call to a worker whose mailbox is full.
enum class when_full {
  reject,      ///< it is not taken, and its caller is told: `call_result::mailbox_full`
  drop_oldest, ///< it is taken, and the call that has waited longest is dropped and counted
  drop_newest, ///< it is dropped and counted: `call_result::dropped`
  block,       ///< its caller waits for room, at most `patience`; then as `reject`
};

/// The limit of one mailbox. Only calls by others are ever refused, dropped or held up: ends,
/// events of servers, ticks, and answers to asks always get in, and a kill is noticed before
/// anything that waits.
/// @source rule W-79
struct mailbox_limit {
  /// How many entries may wait. Zero: any number.
  std::size_t most = 0;
  when_full then = when_full::reject;
  /// For `when_full::block`. A worker that calls itself is never held up: it would wait for itself.
  std::chrono::milliseconds patience{1000};
  /// An operator is warned when so many wait, and whenever they have doubled again; anew for each
  /// incarnation. Zero: never.
  std::size_t high_water = 100'000;
};

} // namespace callsign
