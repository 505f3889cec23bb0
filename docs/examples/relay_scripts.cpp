/// \file
/// Plays scripts with an application of one's own.

// [scripts]
#include <callsign/testkit/script.hpp>

#include <memory>
#include <optional>
#include <string>

namespace {

/// Speaks for one client.
class member final : public callsign::connection_handler {
public:
  void on_message(callsign::websocket_connection& ws, const callsign::message& heard) override {
    ws.server().broadcast(heard, callsign::except(ws));
  }
};

/// Decides who comes in.
class doorman final : public callsign::server_handler {
public:
  callsign::admission on_connection(callsign::websocket_server&,
                                    const callsign::request&) override {
    return std::make_unique<member>();
  }
};

constexpr callsign::process_variable<callsign::websocket_server> WSS{"WSS"};

/// What main() puts together; it lives as long as a script is played.
std::shared_ptr<void> start(callsign::workers& workers, callsign::network& io) {
  auto web = std::make_shared<callsign::web_server>(io, callsign::web_server_options{.port = 8080});
  if (!web->start())
    return nullptr;
  workers.call("relay", [ref = web->ref()](callsign::worker& self) {
    self[WSS] =
        callsign::websocket_server{self, ref, std::make_unique<doorman>(), {.path = "/relay"}};
  });
  return web;
}

std::optional<callsign::testkit::application> make_app(const std::string& name) {
  if (name != "relay")
    return std::nullopt;
  return callsign::testkit::application{
      .url = "/relay",
      .handler = [] { return std::make_shared<doorman>(); },
      .options = {.path = "/relay"},
      .starts = start,
  };
}

} // namespace

int main(int count, char** words) { return callsign::testkit::script_main(count, words, make_app); }
// [scripts] end
