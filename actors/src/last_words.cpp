#include "actors/src/last_words.hpp"

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

namespace callsign::detail {

namespace {

/// As `::write`, but takes only what finds room now. Straight to the descriptor: whoever is stuck
/// may hold the lock of a stream.
ssize_t write_at_once(std::string_view what) noexcept {
  struct stat target {};
  if (::fstat(STDERR_FILENO, &target) != 0)
    return -1;
  if (S_ISSOCK(target.st_mode))
    return ::send(STDERR_FILENO, what.data(), what.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  if (S_ISREG(target.st_mode))
    return ::write(STDERR_FILENO, what.data(), what.size());
  // A description of our own: O_NONBLOCK on descriptor 2 would be felt by the shell, too.
  const int own = ::open("/proc/self/fd/2", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  if (own >= 0) {
    const ssize_t written = ::write(own, what.data(), what.size());
    ::close(own);
    return written;
  }
  // It may not be opened again, or there are no descriptors left. What `poll` lets through finds
  // room up to PIPE_BUF.
  pollfd watched{STDERR_FILENO, POLLOUT, 0};
  if (::poll(&watched, 1, 0) != 1 || (watched.revents & POLLOUT) == 0)
    return -1;
  return ::write(STDERR_FILENO, what.data(), std::min<std::size_t>(what.size(), PIPE_BUF));
}

struct account {
  std::mutex lock;
  std::uint64_t lost = 0; ///< since the last line that was written
  bool is_torn = false;   ///< only the beginning of the last line was
};

account& the_account() {
  // Never destroyed: threads may speak while the program's statics go.
  static auto* const kept = new account;
  return *kept;
}

} // namespace

void last_words(std::string_view line) noexcept {
  try {
    account& so_far = the_account();
    const std::scoped_lock guard{so_far.lock};
    std::string whole = so_far.is_torn ? "\n" : "";
    if (so_far.lost != 0) {
      whole += "callsign: lines lost because nobody read standard error: " +
               std::to_string(so_far.lost) + '\n';
    }
    whole.append(line) += '\n';
    const ssize_t written = write_at_once(whole);
    if (written == static_cast<ssize_t>(whole.size())) {
      so_far.lost = 0;
      so_far.is_torn = false;
      return;
    }
    ++so_far.lost;
    so_far.is_torn = so_far.is_torn || written > 0;
  } catch (...) {
    // Not even the line can be made.
  }
}

} // namespace callsign::detail
