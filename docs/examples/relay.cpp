#include <callsign/net.hpp>
#include <memory>
using namespace callsign;

/// Speaks for one client. Its callbacks run in the worker "Chat", one at a time: no locks.
struct member final : connection_handler {
  void on_message(websocket_connection& ws, const message& heard) override {
    ws.server().broadcast(heard, except(ws));
  }
};

/// Decides who comes in.
struct doorman final : server_handler {
  admission on_connection(websocket_server&, const request&) override {
    return std::make_unique<member>();
  }
};

constexpr process_variable<websocket_server> room{"room"};

int main() {
  callsign::workers workers;
  web_server web{workers, {.port = 8080, .addresses = {"127.0.0.1"}}};
  if (const auto started = web.start(); !started)
    throw failure{started.errors.front()};
  workers.call("Chat", [web = web.ref()](worker& self) {
    self[room] = websocket_server{self, web, std::make_unique<doorman>(), {.path = "/chat"}};
  }); // the call makes the worker; the worker's variable keeps the server alive
  workers.wait_for_interrupt(); // SIGINT, SIGTERM: every client is told 1001, every worker ends
}
