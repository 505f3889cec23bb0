#include "tests/actors/scarce_memory.hpp"

#include <cstdint>
#include <cstdlib>
#include <new>

namespace callsign::tests {

namespace {

thread_local std::size_t largest_block = SIZE_MAX;

void* block_of(std::size_t size) noexcept {
  return size > largest_block ? nullptr : std::malloc(size == 0 ? 1 : size);
}

} // namespace

scarce_memory::scarce_memory(std::size_t largest) noexcept { largest_block = largest; }

scarce_memory::~scarce_memory() { largest_block = SIZE_MAX; }

} // namespace callsign::tests

// In this program, for all that is not an array or over-aligned; the others stay as they are.

void* operator new(std::size_t size) {
  if (void* block = callsign::tests::block_of(size))
    return block;
  throw std::bad_alloc{};
}

void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  return callsign::tests::block_of(size);
}

void operator delete(void* block) noexcept { std::free(block); }

void operator delete(void* block, std::size_t) noexcept { std::free(block); }

void operator delete(void* block, const std::nothrow_t&) noexcept { std::free(block); }
