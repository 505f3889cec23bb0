/// \file
/// A story over lines that fail at every point at which a line can fail.
#pragma once

#include <callsign/testkit/story.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <source_location>
#include <string>
#include <vector>

namespace callsign::testkit {

/// What may befall a client's line.
enum class misfortune {
  lost,         ///< it breaks behind the n-th step
  silent,       ///< it dies there without a sign
  cut,          ///< it breaks behind the n-th byte that the server wrote
  stalled,      ///< it takes no more than n bytes, and does not end
  said_cut,     ///< it breaks behind the n-th byte that the client wrote
  said_stalled, ///< it brings no more than n bytes, and does not end
  failed_read,  ///< the n-th read fails
  failed_write, ///< the n-th write fails
  slow,         ///< everybody takes one byte at a time
  said_slowly,  ///< everybody's bytes come one at a time
};

struct hostile_options {
  stage_options stage = {};
  /// Only these are tried; empty: all.
  std::vector<misfortune> only = {};
  /// At so many places at most a line is cut, a stream is cut, a client stalls; spread evenly if
  /// there are more.
  std::size_t max_places = 100;
  /// How long a client is waited for that says and takes nothing any more.
  std::chrono::seconds patience{120};
};

/// What was tried.
struct hostile_report {
  std::size_t lost = 0;          ///< runs in which a line broke behind the n-th step
  std::size_t silent = 0;        ///< … died without a sign
  std::size_t cut = 0;           ///< … broke behind the n-th byte that the server wrote
  std::size_t stalled = 0;       ///< … took no more than n bytes, and did not end
  std::size_t said_cut = 0;      ///< … broke behind the n-th byte that the client wrote
  std::size_t said_stalled = 0;  ///< … brought no more than n bytes, and did not end
  std::size_t failed_reads = 0;  ///< … failed at the n-th read
  std::size_t failed_writes = 0; ///< … failed at the n-th write
  std::size_t slow = 0;          ///< all took one byte at a time, or said one byte at a time
  [[nodiscard]] std::string in_words() const;
};

/// Runs the body again and again, each time with another failure of one client's line, and checks
/// after each run that the program is quiet and its books are in order: no session, connection or
/// byte is left, everything that opened has ended once.
///
/// The body serves, lets clients join and says what they do. What they must hear it should not say,
/// because a line that fails tells nobody. A failure of the body itself counts.
///
///     survives_hostile_transport([](stage& s) { … });
///     survives_hostile_transport([](stage& s) { … }, {.only = {misfortune::said_cut}});
hostile_report
survives_hostile_transport(const std::function<void(stage&)>& body, hostile_options how = {},
                           std::source_location where = std::source_location::current());

} // namespace callsign::testkit
