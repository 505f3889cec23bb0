/// \file
/// Which of an I/O thread's steps may come next, if it takes them in turns.
#pragma once

#include <callsign/testkit/scheduler.hpp>

#include <cstddef>
#include <map>
#include <string>
#include <vector>

namespace callsign::testkit {

/// A step that is ready, and what it is to a thread. The mail of an actor has no `part` beside the
/// thread's name.
struct thread_step {
  std::string thread; ///< empty: of no thread that takes turns
  thread_part part = thread_part::none;
};

/// The turns of all I/O threads. A pure machine.
///
/// @source socket_thread::run and io_turn::run_actors; decision 15
class thread_turns {
public:
  /// Which of the steps may be taken, by their places.
  [[nodiscard]] std::vector<std::size_t> allowed(const std::vector<thread_step>& ready);
  /// That one of them was.
  void taken(std::size_t which, const std::vector<thread_step>& ready);
  /// All threads are between two turns.
  void reset() { turns_.clear(); }

private:
  /// Where a thread is.
  enum class phase {
    between,    ///< whatever has arrived may be taken, or a turn begin
    first,      ///< its actors that had mail when the turn began
    handed_out, ///< those that the lanes gave mail to, and then the flush
  };
  struct turn {
    phase where = phase::between;
    std::size_t left = 0; ///< actors of the first round
  };
  std::map<std::string, turn> turns_;
};

} // namespace callsign::testkit
