// What docs/from-4d.md shows, phrase by phrase. Compiled, not run.

#include <callsign/net.hpp>

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace phrases {

namespace {

// [variable]
constexpr callsign::process_variable<int> total{"total"};
constexpr callsign::process_variable<std::vector<std::string>> titles{"titles"};
constexpr callsign::process_variable<callsign::websocket_server> WSS{"WSS"};
// [variable] end

/// Counts the members it has let in, as the demo's server handler does.
class doorman final : public callsign::server_handler {
public:
  callsign::admission on_connection(callsign::websocket_server& wss,
                                    const callsign::request& asked) override;

private:
  int let_in_ = 0;
};

class member final : public callsign::connection_handler {
public:
  explicit member(std::string name) : name_{std::move(name)} {}
  void on_message(callsign::websocket_connection& ws, const callsign::message& heard) override;

private:
  std::string name_;
};

} // namespace

void call(callsign::workers& workers) {
  // [call]
  workers.call("Job", [amount = 3](callsign::worker& self) { self[total] += amount; });
  // [call] end
}

void call_back(callsign::workers& workers) {
  // [call-back]
  workers.call("Reader", [](callsign::worker& self) {
    self.call("Library", [asker = self.name()](callsign::worker& library) {
      library.call(asker, [title = std::string{"Moby-Dick"}](callsign::worker& reader) {
        reader[titles].push_back(title);
      });
    });
  });
  // [call-back] end
}

void call_if_it_exists(callsign::workers& workers) {
  // [exists]
  if (const auto number = workers.number_of("WebSocketServer"); number > 0)
    workers.call(number, [](callsign::worker& self) { self[WSS].terminate(); });
  // [exists] end
}

void kill(callsign::workers& workers) {
  // [kill]
  workers.kill("Job");
  workers.call("Other", [](callsign::worker& self) { self.kill(); });
  // [kill] end
}

void create(callsign::workers& workers, const callsign::web_server& web) {
  // [create]
  workers.call("WebSocketServer", [web = web.ref()](callsign::worker& self) {
    self[WSS] =
        callsign::websocket_server{self, web, std::make_unique<doorman>(), {.path = "/chat"}};
  });
  // [create] end
}

void stop(callsign::workers& workers) {
  // [terminate]
  workers.call("WebSocketServer", [](callsign::worker& self) { self[WSS].terminate(); });
  // [terminate] end
}

void clear(callsign::worker& self) {
  // [clear]
  self[WSS] = {}; // as terminate(); the path is free when the server's on_terminate has run
  // [clear] end
}

void as_in_4d(callsign::worker& self, const callsign::web_server_ref& web) {
  // [as-in-4d]
  self[WSS] = callsign::websocket_server{self,
                                         web,
                                         std::make_unique<doorman>(),
                                         {.path = "/chat",
                                          .when = callsign::admit::after_handshake,
                                          .codes = callsign::close_codes::strict,
                                          .admission_deadline = std::chrono::milliseconds{0}}};
  // [as-in-4d] end
}

void block(callsign::workers& workers) {
  // [own-thread]
  workers.hire("Archive", callsign::runs_on::own_thread);
  // [own-thread] end
}

void tell_one(callsign::workers& workers) {
  // [address]
  workers.call("WebSocketServer", [](callsign::worker& self) {
    for (auto& ws : self[WSS].connections()) {
      self.call("Archive", [who = ws.ref()] {
        who.send("archived"); // later, elsewhere: the client may be gone, which is no error
      });
    }
  });
  // [address] end
}

// [on-connection]
callsign::admission doorman::on_connection(callsign::websocket_server&,
                                           const callsign::request& asked) {
  if (asked.headers.find("X-Key") != "secret")
    return callsign::refuse(401, "no key");
  return std::make_unique<member>("Client" + std::to_string(++let_in_));
}
// [on-connection] end

// [relay]
void member::on_message(callsign::websocket_connection& ws, const callsign::message& heard) {
  ws.server().broadcast(name_ + ": " + std::string{heard.text()}, callsign::except(ws));
}
// [relay] end

} // namespace phrases
