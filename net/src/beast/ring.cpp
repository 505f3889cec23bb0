#include "net/src/beast/ring.hpp"

#include <sys/syscall.h>
#include <unistd.h>

#include <system_error>

namespace callsign::beast {

ring::ring(unsigned entries, unsigned completions, unsigned more_flags) {
  io_uring_params how{};
  // What completes is looked at when the thread asks, not whenever it enters the kernel.
  how.flags = IORING_SETUP_R_DISABLED | IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN |
              IORING_SETUP_SUBMIT_ALL | more_flags;
  if (completions != 0) {
    how.flags |= IORING_SETUP_CQSIZE;
    how.cq_entries = completions;
  }
  const int result = ::io_uring_queue_init_params(entries, &ring_, &how);
  if (result < 0)
    throw std::system_error{-result, std::generic_category(), "io_uring_setup"};
}

ring::~ring() { ::io_uring_queue_exit(&ring_); }

bool ring::enable() noexcept {
  // liburing 2.3 has a function for this, and does not export it.
  if (::syscall(SYS_io_uring_register, ring_.ring_fd, IORING_REGISTER_ENABLE_RINGS, nullptr, 0) < 0)
    return false;
  // Only saves the kernel a look-up.
  ::io_uring_register_ring_fd(&ring_);
  return true;
}

} // namespace callsign::beast
