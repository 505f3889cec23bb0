/// \file
/// What waits to be written to one client. A pure machine.
#pragma once

#include "net/src/rules/frame.hpp"

#include <callsign/websocket_server.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace callsign::rules {

/// Bytes to write, in order.
struct piece {
  const char* data;
  std::size_t size;
};

/// The queue in front of one socket: frames in order, a limit in bytes, and a rule for what does
/// not fit.
///
/// Control frames are never dropped and do not count against the limit; when very many pongs wait,
/// the newest gives way to the next (RFC 6455 section 5.5.3), so that they cannot pile up. Once a
/// Close is queued, everything behind it is refused.
///
/// @context one thread: the session's
class outbox {
public:
  struct limits {
    std::size_t max_bytes = 1024 * 1024;
    overflow on_overflow = overflow::close;
    std::size_t max_pongs = 256;
    [[nodiscard]] std::size_t high_water() const noexcept { return max_bytes / 2; }
  };
  /// What became of a push, counted in frames.
  struct verdict {
    std::size_t queued = 0;
    std::size_t dropped_newest = 0;
    std::size_t dropped_oldest = 0;
    std::size_t dropped_closed = 0;
    std::size_t bytes_queued = 0;
    std::size_t bytes_dropped = 0; ///< of the oldest
    bool must_close = false;       ///< the limit was passed and the rule is `close`
  };

  outbox() = default;
  explicit outbox(limits how) : limits_{how} {}
  void set_limits(limits how) noexcept { limits_ = how; }

  /// Data frames; a slice may be taken in part.
  verdict push(const frame_view& what);
  verdict push(const frame_slice& what) { return push(what.view()); }
  /// One control frame, or the answer to the upgrade request.
  void push_control(std::string bytes);
  /// The Close; what waits goes out before it. A second one is ignored.
  void push_close(std::string frame);

  [[nodiscard]] bool empty() const noexcept { return first_ == items_.size(); }
  [[nodiscard]] std::size_t data_bytes() const noexcept { return data_bytes_; }
  [[nodiscard]] bool is_over_high_water() const noexcept {
    return data_bytes_ > limits_.high_water();
  }
  [[nodiscard]] bool is_close_queued() const noexcept { return is_close_queued_; }
  [[nodiscard]] bool is_close_written() const noexcept { return is_close_queued_ && empty(); }

  /// Fills `into` with what to write next; answers how many pieces.
  [[nodiscard]] std::size_t gather(std::span<piece> into) const;
  /// The first `bytes` of what `gather` showed are written. Answers how many of them were data.
  std::size_t written(std::size_t bytes);

  /// Data that is not yet begun goes, so that a Close can follow; answers how many frames and bytes
  /// that were.
  verdict drop_unbegun();
  /// Everything goes; answers how many data frames and bytes that were.
  verdict clear();

private:
  enum class sort : std::uint8_t { data, control, pong };
  struct item {
    frame_slice what;
    sort is = sort::data;
  };

  [[nodiscard]] bool fits(std::size_t bytes) const noexcept {
    return data_bytes_ == 0 || data_bytes_ + bytes <= limits_.max_bytes;
  }
  void drop_oldest(std::size_t needed, verdict& so_far);
  void remove(std::size_t& i);
  void trim_front() noexcept;
  void pop_front() noexcept;

  limits limits_;
  std::vector<item> items_; ///< from `first_` on
  std::size_t first_ = 0;
  std::size_t data_bytes_ = 0;
  std::size_t pongs_ = 0;
  std::size_t begun_ = 0; ///< bytes of the first frame of the first item that are written
  bool is_close_queued_ = false;
};

} // namespace callsign::rules
