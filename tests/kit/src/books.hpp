/// \file
/// What must agree in a network whenever nothing is left to run.
#pragma once

#include "tests/kit/src/memory/door.hpp"

#include <memory>
#include <string>
#include <vector>

namespace callsign::detail {
class network_core;
class server_core;
} // namespace callsign::detail

namespace callsign::testkit {

/// Sessions, connection actors, members and seats are as many; the budget holds what the outboxes
/// hold; every counter agrees with what the clients saw. Answers what does not.
///
/// @param servers  all there ever were
[[nodiscard]] std::vector<std::string>
check(detail::network_core& network, const memory::backend& door,
      const std::vector<std::shared_ptr<detail::server_core>>& servers);

} // namespace callsign::testkit
