#include "tests/net/no_memory.hpp"

#include <cstddef>
#include <cstdlib>
#include <new>
#include <utility>

// In a file of their own: where the compiler sees both it takes `new` and `free` for a mismatch.

namespace {

thread_local bool fails_next = false;

} // namespace

void callsign::test::let_next_allocation_fail() noexcept { fails_next = true; }

void* operator new(std::size_t size) {
  if (std::exchange(fails_next, false))
    throw std::bad_alloc{};
  if (void* const got = std::malloc(size == 0 ? 1 : size))
    return got;
  throw std::bad_alloc{};
}
void operator delete(void* what) noexcept { std::free(what); }
void operator delete(void* what, std::size_t) noexcept { std::free(what); }
