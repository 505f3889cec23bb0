/// \file
/// Everything a server program needs.
#pragma once

#include <callsign/address_range.hpp>
#include <callsign/handlers.hpp>
#include <callsign/network.hpp>
#include <callsign/process_variable.hpp>
#include <callsign/web_server.hpp>
#include <callsign/websocket_connection.hpp>
#include <callsign/websocket_server.hpp>
#include <callsign/workers.hpp>
