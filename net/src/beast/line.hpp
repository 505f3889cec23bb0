/// \file
/// One accepted socket, in whatever state of its life.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <sys/types.h>
#include <sys/uio.h>

namespace callsign::beast {

class socket_thread;

/// What an I/O thread keeps alive and can cut. A socket is held by one line at a time: the HTTP
/// line that it begins as, the upgraded line that it may become, the farewell that it ends as.
///
/// @context its I/O thread
class line : public std::enable_shared_from_this<line> {
public:
  explicit line(socket_thread& here) noexcept : thread_{here} {}
  line(const line&) = delete;
  line& operator=(const line&) = delete;
  virtual ~line() = default;

  /// Closes the socket now; the line ends from fresh steps.
  virtual void cut() noexcept = 0;
  /// The web server of this line stops; see `site`. Only plain HTTP lines care.
  virtual void site_stops(const void* /*which*/) {}
  /// The stop deadline of that web server has passed.
  virtual void site_cuts(const void* /*which*/) {}

protected:
  [[nodiscard]] socket_thread& thread() const noexcept { return thread_; }

private:
  socket_thread& thread_;
};

/// The beginning of what a socket is to send.
struct outgoing {
  int fd = -1;
  std::size_t pieces = 0;
};

/// What writes in the flush at the end of a turn: by itself, or together with others.
class flushable {
public:
  /// Writes all that the socket takes.
  virtual void flush() noexcept = 0;
  /// Begins a flush that somebody else goes on with: shows what to write first, and where to.
  /// Nothing: there is nothing, or it may not be written now; `flush` does what is to be done then.
  [[nodiscard]] virtual outgoing begin_flush(std::span<iovec> into) noexcept = 0;
  /// The rest of a flush, after what `begin_flush` showed went to the socket. `result` is as of
  /// `sendmsg`, or minus the error.
  virtual void end_flush(ssize_t result) noexcept = 0;

protected:
  ~flushable() = default;

private:
  friend class socket_thread;
  /// Where it stood last in each of its thread's two lists of dirty lines.
  std::array<std::uint32_t, 2> places_{};
};

} // namespace callsign::beast
