/// \file
/// Runs a test in every order in which its steps could happen.
#pragma once

#include <callsign/testkit/scheduler.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <iosfwd>
#include <source_location>
#include <string>

namespace callsign::testkit {

/// How far an exploration goes.
struct explore_options {
  /// So many schedules one after the other; if these were not all, random ones follow.
  std::size_t max_schedules = 10'000;
  std::uint64_t random_schedules = 500;
  /// What the tasks of workers and the messages of CAF actors touch. `reach::own_mailbox` is a
  /// promise of the test: none of them looks at anything beside its own worker (its variables, what
  /// was moved into it) or changes anything there; calls to others are seen by themselves.
  reach tasks = reach::anything;
  /// With `thread_order::in_turns`, only orders that the loop of an I/O thread can bring about.
  /// They are so much fewer that all of a small story can be run.
  thread_order io_threads = thread_order::any;
  /// False: no schedule is left out because it is like another. To check the explorer itself.
  bool is_reduced = true;
  /// What a failure printed: only that schedule runs, and its failures come as they are.
  std::string replay = {};
  /// What the line on standard output begins with.
  std::string name = "explored";
};

/// What was covered.
struct exploration {
  std::size_t schedules = 0; ///< that ran to their end, each unlike all others
  std::size_t redundant = 0; ///< that turned out to be like one before
  std::uint64_t random = 0;  ///< at random, because there were too many
  bool is_all = false;       ///< the schedules are all there are, up to changes that nobody can see
  std::size_t longest = 0;   ///< steps
  std::string failure = {};  ///< the report; empty: none failed
  std::string replay = {};   ///< of the failing one, see `explore_options::replay`

  /// "all 1680 schedules, of up to 9 steps".
  [[nodiscard]] std::string in_words() const;
};

/// Runs the body once for each schedule. It makes a `world` or a `stage` with the schedule that it
/// is given, and must do the same whenever it is given the same. In a world, every step is explored
/// that `run` runs; in a stage, what is done `at_once`. Failures of the body are held back; at the
/// end the shortest failing schedule is one failure, at the line of this call, with a sequence
/// chart and what replays it.
///
/// Two schedules are alike if they differ only in the order of steps that touch nothing common. A
/// step touches its receiver, every mailbox it puts something in, and, unless the options promise
/// otherwise, everything else if code of the application runs in it.
///
/// @context the thread of the test
exploration explore(const std::function<void(const schedule&)>& body, explore_options how = {},
                    std::source_location where = std::source_location::current());

} // namespace callsign::testkit
