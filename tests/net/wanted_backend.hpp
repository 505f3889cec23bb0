/// \file
/// The backend that the whole program of tests is run with.
#pragma once

#include <callsign/network.hpp>

#include <cstdlib>
#include <string_view>

namespace callsign::test {

/// What CALLSIGN_IO says, in the words of the flag `--io`.
[[nodiscard]] inline io_backend wanted_backend() {
  const char* const word = std::getenv("CALLSIGN_IO");
  if (word == nullptr)
    return io_backend::automatic;
  return std::string_view{word} == "io_uring" ? io_backend::io_uring : io_backend::epoll;
}

} // namespace callsign::test
