/// \file
/// What brings an I/O thread the bytes of its WebSocket lines.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace callsign::beast {

/// Whose descriptor an inlet watches.
class pollable {
public:
  /// What came, in a buffer that is lent for this call. Never nothing.
  virtual void arrived(std::span<char> bytes) noexcept = 0;
  /// The other side has said its last, or the line is broken. Told again while nothing changes.
  virtual void hung_up() noexcept = 0;
  /// What was waited for: the socket takes bytes again.
  virtual void writable() noexcept = 0;
  /// So many bytes more, or less, are kept for it until it wishes to read again.
  virtual void kept(std::ptrdiff_t /*more*/) noexcept {}

protected:
  ~pollable() = default;

private:
  friend class inlet;
  int watched_ = -1;        ///< the descriptor, while it is watched
  std::uint32_t place_ = 0; ///< with whoever watches
  std::uint8_t wish_ = 0;
};

/// Reads from sockets that can be read, one buffer at a time, and says which can be written.
///
/// @context its I/O thread
class inlet {
public:
  enum class wish : std::uint8_t { nothing = 0, read = 1, write = 2, both = 3 };

  inlet() noexcept = default;
  inlet(const inlet&) = delete;
  inlet& operator=(const inlet&) = delete;
  virtual ~inlet() = default;

  /// Readable when `poll` has something to tell, after `may_wait`; stays ours.
  [[nodiscard]] virtual int descriptor() const noexcept = 0;

  /// Watches the descriptor; a line that is broken is told whatever the wish.
  /// @errors `std::system_error`
  virtual void add(int fd, pollable& who, wish what) = 0;
  virtual void change(pollable& who, wish what) noexcept = 0;
  /// After this `who` is not told any more, also not of what was found before, and nobody reads
  /// from the descriptor.
  virtual void remove(pollable& who) noexcept = 0;
  /// Whether bytes have been taken from the socket that are not told yet.
  [[nodiscard]] virtual bool keeps(const pollable& /*who*/) const noexcept { return false; }

  /// Tells those who are ready, without waiting, until about so many bytes are read; those who are
  /// left come first the next time. Answers how many were told.
  virtual std::size_t poll(std::size_t bytes) noexcept = 0;
  /// The thread is about to wait for `descriptor`. False: there is something to poll already.
  [[nodiscard]] virtual bool may_wait() noexcept { return true; }
  /// A burst is over: memory that is not needed any more may go.
  virtual void forget_burst() noexcept {}

  [[nodiscard]] static wish wish_of(const pollable& who) noexcept {
    return static_cast<wish>(who.wish_);
  }

protected:
  [[nodiscard]] static int& watched(pollable& who) noexcept { return who.watched_; }
  [[nodiscard]] static std::uint32_t& place(pollable& who) noexcept { return who.place_; }
  [[nodiscard]] static std::uint32_t place(const pollable& who) noexcept { return who.place_; }
  static void set_wish(pollable& who, wish what) noexcept {
    who.wish_ = static_cast<std::uint8_t>(what);
  }
  [[nodiscard]] static bool reads(wish what) noexcept {
    return (static_cast<unsigned>(what) & 1U) != 0;
  }
  [[nodiscard]] static bool writes(wish what) noexcept {
    return (static_cast<unsigned>(what) & 2U) != 0;
  }
};

} // namespace callsign::beast
