/// \file
/// What the network asks of the program's allocator.
#pragma once

#include <chrono>
#include <cstddef>

namespace callsign::beast {

/// Has the allocator keep what a turn has freed for the next one. As it comes, glibc gives anything
/// above 128 KiB at the end of a heap back to the kernel, and a turn that needs more than that
/// meets a page fault for every 4 KiB, each time. Once for the process.
/// @context any thread
void keep_memory_of_turns() noexcept;

/// Gives back to the kernel what the allocator keeps, but for the ends of other threads' heaps.
/// @context any thread
void give_back_free_memory() noexcept;

/// Gives back the free end of the heap of the thread that runs it: glibc does so for the first heap
/// only when asked. @context any thread; waits for others that do so
void give_back_end_of_heap() noexcept;

/// Notices the end of a burst.
///
/// @context one thread
class burst_watch {
public:
  using time_point = std::chrono::steady_clock::time_point;

  /// So many bytes were read or written.
  void moved(std::size_t bytes) noexcept { bytes_ += bytes; }
  /// To be called now and then. @returns whether a burst was over
  bool look(time_point now) noexcept;
  /// A burst has been, and was not over when last looked at.
  [[nodiscard]] bool is_waiting() const noexcept { return busiest_ >= burst; }

  static constexpr std::chrono::seconds span{1};

private:
  /// In one span: less leaves little behind.
  static constexpr std::size_t burst = std::size_t{8} * 1024 * 1024;

  time_point since_{};
  std::size_t bytes_ = 0;
  std::size_t busiest_ = 0; ///< span since the last burst
};

} // namespace callsign::beast
