#include "tests/net/forbidden.hpp"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <system_error>

namespace callsign::test {

void forbid(long system_call) {
  constexpr auto load = static_cast<std::uint16_t>(BPF_LD | BPF_W | BPF_ABS);
  constexpr auto if_equal = static_cast<std::uint16_t>(BPF_JMP | BPF_JEQ | BPF_K);
  constexpr auto answer = static_cast<std::uint16_t>(BPF_RET | BPF_K);
  std::array<sock_filter, 4> program{{
      {load, 0, 0, offsetof(seccomp_data, nr)},
      {if_equal, 0, 1, static_cast<std::uint32_t>(system_call)},
      {answer, 0, 0, SECCOMP_RET_ERRNO | EPERM},
      {answer, 0, 0, SECCOMP_RET_ALLOW},
  }};
  const sock_fprog filter{static_cast<std::uint16_t>(program.size()), program.data()};
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
      ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) != 0)
    throw std::system_error{errno, std::generic_category(), "prctl"};
}

} // namespace callsign::test
