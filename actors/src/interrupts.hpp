/// \file
/// SIGINT and SIGTERM.
#pragma once

#include <csignal>

namespace callsign::detail {

/// Holds SIGINT and SIGTERM back from this thread and all it starts later; they are read here
/// instead.
/// @context constructor and destructor: one thread; the rest: any
class interrupt_source {
public:
  /// @errors `std::system_error`
  interrupt_source();
  /// Forgets interrupts that nobody read, and lets the signals through again as before.
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
  int descriptor_ = -1;
};

} // namespace callsign::detail
