/// \file
/// The stranger's application: what one client says, the others hear.
#pragma once

#include <callsign/net.hpp>

#include <memory>

/// Makes the server in that worker.
void open_relay(callsign::worker& self, const callsign::web_server_ref& web);

std::unique_ptr<callsign::server_handler> make_relay();
