/// \file
/// Which of an I/O thread's WebSocket lines can read or write.
#pragma once

#include "net/src/beast/descriptor.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace callsign::beast {

/// What is told that its descriptor is ready.
class pollable {
public:
  /// `events` are those of epoll. The descriptor may be removed meanwhile. Answers how many bytes
  /// were read.
  virtual std::size_t ready(std::uint32_t events) noexcept = 0;

protected:
  ~pollable() = default;
};

/// An epoll set of the thread's own, nested in its io_context.
///
/// Asio's reads cost a `recv` that finds nothing for each that finds something, or an `epoll_ctl`;
/// here a line is registered once, and a round of the thread asks once for all of them.
///
/// @context its I/O thread
class readiness {
public:
  enum class wish : std::uint8_t { nothing = 0, read = 1, write = 2, both = 3 };

  /// @errors `std::system_error`
  readiness();

  [[nodiscard]] int descriptor() const noexcept { return set_.get(); }

  /// Watches the descriptor; a hang-up is told whatever the wish. @errors `std::system_error`
  void add(int fd, pollable& who, wish what);
  void change(int fd, pollable& who, wish what) noexcept;
  /// After this `who` is not told any more, also not of what was found before.
  void remove(int fd, pollable& who) noexcept;

  /// Tells those who are ready, without waiting, until about so many bytes are read; those who are
  /// left come first the next time. Answers how many were told.
  std::size_t poll(std::size_t bytes) noexcept;

private:
  static constexpr std::size_t most = 256;

  class descriptor set_;
  struct finding {
    pollable* who;
    std::uint32_t events;
  };
  std::array<finding, most> found_{};
  std::size_t next_ = 0; ///< to be told
  std::size_t found_count_ = 0;
};

} // namespace callsign::beast
