/// \file
/// Who comes into the echo, and what comes back.
#pragma once

#include "app/echo/upper.hpp"
#include "app/program/guest_list.hpp"
#include "app/program/log_book.hpp"

#include <callsign/handlers.hpp>
#include <callsign/websocket_connection.hpp>
#include <callsign/websocket_server.hpp>

#include <memory>
#include <string>
#include <utility>

namespace echo {

/// How a message comes back.
enum class answers { as_heard, in_upper_case };

/// Speaks for one client.
class parrot final : public callsign::connection_handler {
public:
  explicit parrot(answers how) : how_{how} {}

  void on_message(callsign::websocket_connection& ws, const callsign::message& heard) override {
    if (how_ == answers::in_upper_case && heard.is_text())
      ws.send(to_upper(heard.text()));
    else
      ws.send(heard);
  }

private:
  answers how_;
};

/// Decides who comes in.
class doorman final : public callsign::server_handler {
public:
  doorman(answers how, program::guest_list guests, program::log_book log)
      : how_{how}, guests_{std::move(guests)}, log_{std::move(log)} {}

  callsign::admission on_connection(callsign::websocket_server&,
                                    const callsign::request& request) override {
    if (!guests_.admits(request.remote_address))
      return callsign::refuse(403, "address not allowed");
    return std::make_unique<parrot>(how_);
  }

  void on_open(callsign::websocket_server&) override { log_.info("*** Server started"); }
  void on_terminate(callsign::websocket_server&) override { log_.info("*** Server closed"); }
  void on_error(callsign::websocket_server&, const callsign::error_event& what) override {
    log_.error("!!! Server error: " + std::string{what.status_text()});
  }

private:
  answers how_;
  program::guest_list guests_;
  program::log_book log_;
};

} // namespace echo
