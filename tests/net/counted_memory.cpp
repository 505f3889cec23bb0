#include "tests/net/counted_memory.hpp"

#include <atomic>
#include <cstdlib>
#include <malloc.h>
#include <new>

// In a file of their own: where the compiler sees both it takes `new` and `free` for a mismatch.

namespace {

std::atomic<std::size_t> in_use{0};

/// The allocator's own word in front of each piece.
constexpr std::size_t head = sizeof(std::size_t);

void* counted(void* what) {
  if (what == nullptr)
    throw std::bad_alloc{};
  in_use.fetch_add(::malloc_usable_size(what) + head, std::memory_order_relaxed);
  return what;
}

void give_back(void* what) noexcept {
  if (what == nullptr)
    return;
  in_use.fetch_sub(::malloc_usable_size(what) + head, std::memory_order_relaxed);
  std::free(what);
}

} // namespace

std::size_t callsign::test::bytes_in_use() noexcept {
  return in_use.load(std::memory_order_relaxed);
}

void* operator new(std::size_t size) { return counted(std::malloc(size == 0 ? 1 : size)); }
void* operator new(std::size_t size, std::align_val_t to) {
  const auto alignment = static_cast<std::size_t>(to);
  return counted(std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment));
}
void operator delete(void* what) noexcept { give_back(what); }
void operator delete(void* what, std::size_t) noexcept { give_back(what); }
void operator delete(void* what, std::align_val_t) noexcept { give_back(what); }
void operator delete(void* what, std::size_t, std::align_val_t) noexcept { give_back(what); }
