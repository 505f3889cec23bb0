/// \file
/// How much memory the program has taken from the heap.
#pragma once

#include <cstddef>

namespace callsign::test {

/// What `operator new` has given out and not got back, as the allocator rounds it. @context any
/// thread
[[nodiscard]] std::size_t bytes_in_use() noexcept;

} // namespace callsign::test
