/// \file
/// One io_uring.
#pragma once

#include <liburing.h>

namespace callsign::beast {

/// Owns a ring that one thread submits to. It is made by another thread, so that whoever chooses
/// the backend learns whether the kernel allows it; it works from `enable` on.
class ring {
public:
  /// @param completions  at least; zero: twice the entries
  /// @param more_flags   of `io_uring_setup`
  /// @errors `std::system_error`: the kernel has no io_uring, too old a one, or forbids it
  explicit ring(unsigned entries, unsigned completions = 0, unsigned more_flags = 0);
  ring(const ring&) = delete;
  ring& operator=(const ring&) = delete;
  ~ring();

  /// @context the thread that will submit  @returns whether it may
  [[nodiscard]] bool enable() noexcept;

  [[nodiscard]] io_uring* get() noexcept { return &ring_; }

private:
  io_uring ring_{};
};

} // namespace callsign::beast
