/// \file
/// What can be seen of workers beside their snapshots: traces, and calls that will never run.
#pragma once

#include <callsign/task.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

namespace callsign {

enum class tracing { off, on };
enum class measuring { off, on };

/// One entry of a worker that is traced, when it has run.
struct trace_line {
  std::string worker;                ///< its name
  std::uint64_t number = 0;          ///< and number
  std::string kind;                  ///< "task", "timer", "reply", "received", …
  std::string label;                 ///< where it was given: file and line
  std::uint64_t sender = 0;          ///< number of the worker that called; 0: none did
  std::chrono::nanoseconds waited{}; ///< in the mailbox
  std::chrono::nanoseconds ran{};    ///< including the end of what it captured
  bool is_failed = false;            ///< it threw

  /// `bob (2): task given at chat.cpp:42 by 7, waited 3 us, ran 120 us`
  [[nodiscard]] std::string in_words() const;
};

using trace_handler = std::function<void(const trace_line&)>;

/// Something that was handed to a worker, or to nobody, and will never run.
struct dead_letter {
  std::string worker;       ///< the name; empty if nobody has the number
  std::uint64_t number = 0; ///< the incarnation's; 0 if none lives under the name
  std::string kind;         ///< "task", "timer", "reply", …
  std::string label;        ///< where it was given: file and line
  std::uint64_t sender = 0; ///< number of the worker that called; 0: none did
  drop_reason why = drop_reason::no_such_worker;
};

using dead_letter_handler = std::function<void(const dead_letter&)>;

} // namespace callsign
