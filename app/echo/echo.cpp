/// \file
/// callsign-echo: says back what it hears. The smallest complete program.

#include "app/echo/upper.hpp"
#include "app/program/program.hpp"

#include <callsign/net.hpp>

#include <memory>
#include <string>
#include <utility>

namespace {

/// How a message comes back.
enum class answers { as_heard, in_upper_case };

/// Speaks for one client.
class parrot final : public callsign::connection_handler {
public:
  explicit parrot(answers how) : how_{how} {}

  void on_message(callsign::websocket_connection& ws, const callsign::message& heard) override {
    if (how_ == answers::in_upper_case && heard.is_text())
      ws.send(echo::to_upper(heard.text()));
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

constexpr callsign::process_variable<callsign::websocket_server> WSS{"WSS"};

int serve(const program::settings& wanted, answers how) {
  const program::log_book log{wanted.log_level, wanted.log_file};

  callsign::workers workers;
  callsign::web_server web{workers, wanted.web_options(), wanted.network_options(log.sink())};
  program::launch launch{workers, web, log};
  if (const auto started = web.start(); !started)
    return launch.failed(started);

  workers.call(
      "WebSocketServer", [&wanted, &launch, how, log, web = web.ref()](callsign::worker& self) {
        self[WSS] = callsign::websocket_server{
            self, web, std::make_unique<doorman>(how, wanted.guests, log), wanted.server_options()};
        self.call(callsign::main_worker, [&launch] { launch.succeeded(); });
      });

  workers.wait_for_interrupt();
  return launch.exit_code();
}

} // namespace

int main(int count, char** words) {
  bool is_upper = false;
  const program::about echo{
      .name = "callsign-echo",
      .purpose = "Says back each message as it came, text as text and binary as binary.",
      .extras = {{.name = "--upper",
                  .help = "say text back in upper case, in all scripts that have it, each\n"
                          "character by itself (é becomes É, ß stays); binary messages stay\n"
                          "as they are",
                  .is_given = &is_upper}},
  };
  return program::run(echo, count, words, [&is_upper](const program::settings& wanted) {
    return serve(wanted, is_upper ? answers::in_upper_case : answers::as_heard);
  });
}
