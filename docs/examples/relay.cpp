#include <callsign/net.hpp>

#include <cstdio>
#include <memory>

/// Speaks for one client. Its callbacks run in the worker "Chat", one at a time: no locks.
struct member final : callsign::connection_handler {
  void on_open(callsign::websocket_connection& ws) override { ws.send("Welcome!"); }
  void on_message(callsign::websocket_connection& ws, const callsign::message& heard) override {
    ws.server().broadcast(heard, callsign::except(ws));
  }
};

/// Decides who comes in.
struct doorman final : callsign::server_handler {
  callsign::admission on_connection(callsign::websocket_server&,
                                    const callsign::request&) override {
    return std::make_unique<member>();
  }
};

constexpr callsign::process_variable<callsign::websocket_server> room{"room"};

int main() {
  callsign::workers workers;
  callsign::web_server web{workers, {.port = 8080, .addresses = {"127.0.0.1"}}};
  if (const auto started = web.start(); !started) {
    std::fprintf(stderr, "%s\n", started.errors.front().message().c_str());
    return 1;
  }
  // The call makes the worker; the worker's variable keeps the server alive.
  workers.call("Chat", [web = web.ref()](callsign::worker& self) {
    self[room] =
        callsign::websocket_server{self, web, std::make_unique<doorman>(), {.path = "/chat"}};
  });
  workers.wait_for_interrupt(); // SIGINT, SIGTERM: every client is told 1001, every worker ends
}
