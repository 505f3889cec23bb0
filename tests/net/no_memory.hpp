/// \file
/// Memory that is not to be had.
#pragma once

namespace callsign::test {

/// The next `operator new` of this thread fails.
void let_next_allocation_fail() noexcept;

} // namespace callsign::test
