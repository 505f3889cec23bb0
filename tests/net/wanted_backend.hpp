/// \file
/// The backend that the whole program of tests is run with.
#pragma once

#include <callsign/network.hpp>

#include <cstdlib>
#include <stdexcept>
#include <string_view>

namespace callsign::test {

/// What CALLSIGN_IO says, in the words of the flag `--io`.
[[nodiscard]] inline io_backend wanted_backend() {
  const char* const word = std::getenv("CALLSIGN_IO");
  if (word == nullptr)
    return io_backend::automatic;
  const std::string_view wanted{word};
  if (wanted != "auto" && wanted != "epoll" && wanted != "io_uring")
    throw std::invalid_argument{"CALLSIGN_IO must be auto, epoll or io_uring"};
  return wanted == "auto"    ? io_backend::automatic
         : wanted == "epoll" ? io_backend::epoll
                             : io_backend::io_uring;
}

} // namespace callsign::test
