#include "net/src/beast/heap.hpp"

#include <algorithm>
#include <cstdlib>
#include <malloc.h>
#include <mutex>
#include <utility>

namespace callsign::beast {

namespace {

constexpr int largest_piece = 4 * 1024 * 1024; ///< larger ones come from the kernel and go there
constexpr int most_kept = 16 * 1024 * 1024;    ///< at the end of each heap

} // namespace

void keep_memory_of_turns() noexcept {
#ifdef __GLIBC__
  static std::once_flag once;
  std::call_once(once, [] {
    ::mallopt(M_MMAP_THRESHOLD, largest_piece);
    ::mallopt(M_TRIM_THRESHOLD, most_kept);
  });
#endif
}

void give_back_free_memory() noexcept {
#ifdef __GLIBC__
  ::malloc_trim(0);
#endif
  give_back_end_of_heap();
}

void give_back_end_of_heap() noexcept {
#ifdef __GLIBC__
  // A heap is trimmed when a piece of more than 64 KiB at its end is freed, down to the threshold.
  constexpr std::size_t piece = 80 * 1024;
  static std::mutex one_at_a_time;
  const std::scoped_lock guard{one_at_a_time};
  ::mallopt(M_TRIM_THRESHOLD, 0);
  void* const last = std::malloc(piece);
  // The compiler must not find out that nobody needs it.
  asm volatile("" : : "r"(last) : "memory"); // NOLINT(*-no-assembler)
  std::free(last);
  ::mallopt(M_TRIM_THRESHOLD, most_kept);
#endif
}

bool burst_watch::look(time_point now) noexcept {
  if (now - since_ < span)
    return false;
  since_ = now;
  const std::size_t bytes = std::exchange(bytes_, 0);
  const bool is_over = is_waiting() && bytes < busiest_ / 8;
  busiest_ = is_over ? bytes : std::max(busiest_, bytes);
  return is_over;
}

} // namespace callsign::beast
