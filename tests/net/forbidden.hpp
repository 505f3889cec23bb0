/// \file
/// System calls that the kernel forbids.
#pragma once

namespace callsign::test {

/// From now on the system call fails with EPERM, in this thread and those that it starts. There is
/// no way back. @errors `std::system_error`
void forbid(long system_call);

} // namespace callsign::test
