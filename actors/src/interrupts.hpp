/// \file
/// SIGINT and SIGTERM.
#pragma once

#include <csignal>

namespace callsign::detail {

/// Holds SIGINT and SIGTERM back from this thread and all it starts later; they are read here
/// instead.
/// @context constructor and destructor: one thread, the same; the rest: any
class interrupt_source {
public:
  /// @errors `std::system_error`
  interrupt_source();
  /// Forgets interrupts that nobody read, lets the two signals through again as before, and gives
  /// the program its own handlers for them back, if it had any.
  /// @context the thread that made it, whose mask it is
  ~interrupt_source();
  interrupt_source(const interrupt_source&) = delete;
  interrupt_source& operator=(const interrupt_source&) = delete;

  /// Becomes readable when a signal has come.
  [[nodiscard]] int descriptor() const noexcept { return descriptor_; }

  /// Takes one signal. False: there is none.
  [[nodiscard]] bool read() noexcept;

  /// From now on a further signal has its default effect: the process ends at once.
  void let_the_next_end_the_process() noexcept;

private:
  sigset_t before_{};
  struct sigaction handlers_before_[2]{}; ///< of SIGINT and SIGTERM
  bool are_handlers_replaced_ = false;
  int descriptor_ = -1;
};

} // namespace callsign::detail
