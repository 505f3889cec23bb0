/// \file
/// A lack of memory, where and for as long as a test wants it.
#pragma once

#include <cstddef>

namespace callsign::tests {

/// While it lives, this thread gets no block of more than `largest` bytes from `operator new`.
/// @context one thread; one at a time
class scarce_memory {
public:
  explicit scarce_memory(std::size_t largest = 0) noexcept;
  ~scarce_memory();
  scarce_memory(const scarce_memory&) = delete;
  scarce_memory& operator=(const scarce_memory&) = delete;
};

} // namespace callsign::tests
