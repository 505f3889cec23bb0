/// \file
/// A lock for a handful of instructions.
#pragma once

#include <atomic>
#include <thread>

#if defined(__x86_64__) || defined(__i386__)
#include <immintrin.h>
#endif

namespace callsign::detail {

/// Tells the processor that this thread waits for another one.
inline void pause_processor() noexcept {
#if defined(__x86_64__) || defined(__i386__)
  _mm_pause();
#else
  std::atomic_signal_fence(std::memory_order_seq_cst);
#endif
}

/// What `std::mutex` does, in 4 bytes, inline, and with some patience before it lets the kernel put
/// the thread to sleep: what it guards takes a few instructions, and a sleep takes thousands. With
/// more callers than cores, it is often a yield that lets the holder go on.
///
/// Who waits looks ever more seldom. Each look takes the cache line from the holder, and a caller
/// that has it for itself gets tens of calls done while another one waits.
///
/// @context any thread
/// @source  U. Drepper, "Futexes Are Tricky", the second mutex
class brief_lock {
public:
  brief_lock() noexcept = default;
  brief_lock(const brief_lock&) = delete;
  brief_lock& operator=(const brief_lock&) = delete;

  void lock() noexcept {
    int seen = is_free;
    if (!state_.compare_exchange_strong(seen, is_taken, std::memory_order_acquire))
      wait();
  }

  void unlock() noexcept {
    if (state_.exchange(is_free, std::memory_order_release) == is_awaited)
      state_.notify_one();
  }

private:
  static constexpr int is_free = 0;
  static constexpr int is_taken = 1;
  static constexpr int is_awaited = 2; ///< taken, and somebody may be asleep
  static constexpr int first_pauses = 4;
  static constexpr int most_pauses = 128;
  static constexpr int yields = 8; ///< then: whoever holds it may have lost the processor to us

  void wait() noexcept {
    for (int pauses = first_pauses; pauses <= most_pauses; pauses *= 2) {
      for (int i = 0; i < pauses; ++i)
        pause_processor();
      if (try_lock())
        return;
    }
    for (int i = 0; i < yields; ++i) {
      std::this_thread::yield();
      if (try_lock())
        return;
    }
    while (state_.exchange(is_awaited, std::memory_order_acquire) != is_free)
      state_.wait(is_awaited, std::memory_order_relaxed);
  }

  bool try_lock() noexcept {
    int seen = state_.load(std::memory_order_relaxed);
    return seen == is_free &&
           state_.compare_exchange_weak(seen, is_taken, std::memory_order_acquire);
  }

  std::atomic<int> state_{is_free};
};

} // namespace callsign::detail
