/// \file
/// A program's way from its first line to "listening".
#pragma once

#include "app/program/log_book.hpp"

#include <callsign/web_server.hpp>
#include <callsign/workers.hpp>

#include <string>

namespace program {

/// Follows the start of a program and remembers if it failed.
///
/// Until the program is up, a task that throws ends it: there is nothing to serve. Afterwards it is
/// logged, and the worker lives on.
///
/// @context  the main thread, before and inside `workers::wait_for_interrupt`; calls to the main
///           worker tell it of failures
class launch {
public:
  /// Hears of the errors and warnings of these workers from now on.
  launch(callsign::workers& workers, const callsign::web_server& web, const log_book& log);
  launch(const launch&) = delete;
  launch& operator=(const launch&) = delete;
  ~launch();

  /// Everything is in place: prints where, one line for each address, on standard output.
  void succeeded();

  /// The web server did not start: says why and what to do on standard error. Answers the exit
  /// code.
  [[nodiscard]] int failed(const callsign::start_result& how) const;

  /// After `wait_for_interrupt`: 0, or 1 if the start failed.
  [[nodiscard]] int exit_code() const noexcept { return has_failed_ ? 1 : 0; }

private:
  void task_failed(const std::string& why);

  callsign::workers& workers_;
  const callsign::web_server& web_;
  log_book log_;
  bool is_up_ = false;
  bool has_failed_ = false;
};

} // namespace program
