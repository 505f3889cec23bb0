/// \file
/// What is to be done about workers whose tasks throw.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace callsign {

/// What becomes of a worker when one of its tasks has thrown.
enum class failure_rule : std::uint8_t {
  keep,     ///< it lives on with its variables, as rule W-41 has it
  restart,  ///< this incarnation ends and another one begins; what waits is kept for it
  stop,     ///< it ends; what waits is dropped and counted; the next call makes it anew
  escalate, ///< its group decides; without a group, the whole set ends as after a signal
};

/// How long a name rests before its next incarnation begins: `first`, and each time in a row longer
/// by `growth`, up to `longest`; by up to `jitter` of it less or more, so that what failed together
/// does not begin together.
/// @units jitter: 0 to 1; growth: at least 1
struct back_off {
  std::chrono::nanoseconds first = std::chrono::milliseconds{100};
  std::chrono::nanoseconds longest = std::chrono::seconds{30};
  double growth = 2.0;
  double jitter = 0.2;
};

/// What a worker's supervision is to do. Belongs to the name, whatever becomes of the incarnations.
struct supervision {
  failure_rule on_failure = failure_rule::keep;
  /// So many restarts within that time; with one failure more it gives up.
  std::size_t most = 5;
  std::chrono::nanoseconds within = std::chrono::minutes{1};
  back_off pause = {};
  /// `stop` or `escalate`.
  failure_rule giving_up = failure_rule::stop;
};

/// Who begins anew when one of a group has failed.
enum class restarts : std::uint8_t {
  one_for_one,  ///< that one
  one_for_all,  ///< all: none of the new lives begins before all the old ones have ended
  rest_for_one, ///< that one and those named after it, likewise
};

/// What the supervision of a group is to do. Restarts are counted for the group as a whole.
struct group_supervision {
  restarts which = restarts::one_for_one;
  std::size_t most = 5;
  std::chrono::nanoseconds within = std::chrono::minutes{1};
  back_off pause = {};
  /// `stop`: all of the group end, as if killed. `escalate`: the whole set ends, as after a signal.
  failure_rule giving_up = failure_rule::stop;
};

} // namespace callsign
