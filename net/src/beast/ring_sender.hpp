/// \file
/// The writes of many sockets with one system call.
#pragma once

#include "net/src/beast/line.hpp"
#include "net/src/beast/ring.hpp"

#include <sys/socket.h>
#include <sys/uio.h>

#include <cstddef>
#include <span>
#include <vector>

namespace callsign::beast {

/// Submits the sends of a flush together.
///
/// Each send is one that does not wait (MSG_DONTWAIT), so it is over when the submission returns:
/// nothing is in flight between two calls, and nobody has to outlive anything.
///
/// @context its I/O thread, except the constructor and destructor
class ring_sender {
public:
  /// @errors `std::system_error`: the kernel forbids it
  ring_sender();

  /// @returns whether it can be used
  [[nodiscard]] bool begin() noexcept { return ring_.enable(); }

  /// Flushes all, null ones excepted; one may become null meanwhile, when its line goes.
  /// False: the kernel no longer takes our sends. Then all are flushed nonetheless, and this may
  /// not be used again.
  [[nodiscard]] bool flush(std::span<flushable* const> all);

private:
  struct send {
    std::size_t whose = 0;
    msghdr what{};
    int result = 0;
    bool is_done = false;
  };

  void add(std::size_t index, const outgoing& what);
  [[nodiscard]] bool submit();
  void reap();
  [[nodiscard]] bool send_batch(std::span<flushable* const> all);

  ring ring_;
  std::vector<iovec> parts_;
  std::size_t parts_used_ = 0;
  std::vector<send> sends_; ///< of this batch; the submissions point into it
};

} // namespace callsign::beast
