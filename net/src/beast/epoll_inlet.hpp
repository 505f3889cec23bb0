/// \file
/// Reads with epoll.
#pragma once

#include "net/src/beast/descriptor.hpp"
#include "net/src/beast/inlet.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace callsign::beast {

/// An epoll set of the thread's own, nested in its io_context.
///
/// Asio's reads cost a `recv` that finds nothing for each that finds something, or an `epoll_ctl`;
/// here a line is registered once, and a round of the thread asks once for all of them.
class epoll_inlet final : public inlet {
public:
  /// @errors `std::system_error`
  epoll_inlet();

  [[nodiscard]] int descriptor() const noexcept override { return set_.get(); }
  void add(int fd, pollable& who, wish what) override;
  void change(pollable& who, wish what) noexcept override;
  void remove(pollable& who) noexcept override;
  std::size_t poll(std::size_t bytes) noexcept override;

private:
  static constexpr std::size_t most = 256;
  struct finding {
    pollable* who;
    std::uint32_t events;
  };

  [[nodiscard]] std::size_t tell(const finding& one) noexcept;
  [[nodiscard]] std::size_t read(pollable& who) noexcept;

  class descriptor set_;
  std::vector<char> buffer_; ///< for one read at a time: its bytes are taken out before the next
  std::array<finding, most> found_{};
  std::size_t next_ = 0; ///< to be told
  std::size_t found_count_ = 0;
};

} // namespace callsign::beast
