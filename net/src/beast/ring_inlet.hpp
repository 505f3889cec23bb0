/// \file
/// Reads with io_uring.
#pragma once

#include "net/src/beast/descriptor.hpp"
#include "net/src/beast/index_queue.hpp"
#include "net/src/beast/inlet.hpp"
#include "net/src/beast/pages.hpp"
#include "net/src/beast/ring.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace callsign::beast {

/// A ring in which each line has one receive under way that answers as often as something comes
/// (multishot), into buffers that all share.
///
/// A line that is not to be read from has its receive called off; what came before that is kept
/// here until it may be told. All receives run on the I/O thread itself, when it asks.
///
/// @context its I/O thread, except the constructor and destructor
class ring_inlet final : public inlet {
public:
  /// @errors `std::system_error`: the kernel forbids it
  ring_inlet();
  ~ring_inlet() override;

  /// @returns whether it can be used
  [[nodiscard]] bool begin() noexcept;

  [[nodiscard]] int descriptor() const noexcept override { return signal_.get(); }
  void add(int fd, pollable& who, wish what) override;
  void change(pollable& who, wish what) noexcept override;
  void remove(pollable& who) noexcept override;
  [[nodiscard]] bool keeps(const pollable& who) const noexcept override;
  std::size_t poll(std::size_t bytes) noexcept override;
  [[nodiscard]] bool may_wait() noexcept override;
  void forget_burst() noexcept override;

  /// The kernel no longer takes our requests: everybody has to go elsewhere.
  [[nodiscard]] bool is_broken() const noexcept { return is_broken_; }
  /// Hands over everybody who is watched, with the bytes that are kept for him. `each` throws
  /// nothing.
  void leave(const std::function<void(int fd, pollable& who, std::string kept)>& each);

private:
  enum kind : std::uint64_t { receive, readiness, cancellation };

  struct seat {
    pollable* who = nullptr;
    std::uint32_t generation = 0; ///< whose completions are meant
    short awaited = 0;            ///< by the request for readiness
    bool is_receiving = false;    ///< such a request is under way, or called off and not yet over
    bool is_awaiting = false;
    bool is_receive_off = false;
    bool is_await_off = false;
    bool is_over = false; ///< nothing more will come
    std::unique_ptr<std::string> kept;
  };

  [[nodiscard]] std::uint64_t tag(std::size_t index, kind what) const noexcept;
  [[nodiscard]] io_uring_sqe* entry() noexcept;
  void settle(std::size_t index) noexcept;
  [[nodiscard]] bool begin_receive(std::size_t index) noexcept;
  [[nodiscard]] bool begin_await(std::size_t index, short events) noexcept;
  [[nodiscard]] bool call_off(std::size_t index, kind what) noexcept;
  [[nodiscard]] bool must_enter() noexcept;
  void enter() noexcept;
  void find(std::size_t bytes) noexcept;
  void end_signals() noexcept;
  void look_again() noexcept;
  [[nodiscard]] std::size_t tell_due() noexcept;
  [[nodiscard]] std::size_t handle(std::uint64_t tagged, int result, unsigned flags) noexcept;
  void received(std::size_t index, int result, unsigned flags) noexcept;
  void became_ready(std::size_t index, int result, unsigned flags) noexcept;
  void keep(seat& whose, const char* bytes, std::size_t size) noexcept;
  void give_back(unsigned buffer) noexcept;

  // The memory outlives the ring.
  pages memory_;
  io_uring_buf_ring* shelf_; ///< of buffers that the kernel may take
  char* buffers_;
  ring ring_;
  /// Polling the ring itself would not tell of receives that wait for the thread to ask.
  class descriptor signal_;
  bool is_signalling_ = false;
  std::deque<seat> seats_;
  std::vector<std::uint32_t> free_;
  index_queue later_; ///< to be looked at again: no buffer or no entry was left
  index_queue due_;   ///< who may hear what is kept for him
  bool is_broken_ = false;
};

} // namespace callsign::beast
