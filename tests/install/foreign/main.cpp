// A stranger's program: a worker that counts, and a server that echoes. It ends by itself.
#include <callsign/net.hpp>
#include <callsign/version.hpp>

#include <future>
#include <iostream>
#include <memory>

#include <unistd.h>

namespace {

/// Whoever takes in all names of the library keeps those of POSIX.
bool closes() {
  using namespace callsign;
  return close(dup(STDIN_FILENO)) == 0;
}

class speaker final : public callsign::connection_handler {
public:
  void on_message(callsign::websocket_connection& ws, const callsign::message& heard) override {
    ws.send(heard);
  }
};

class doorman final : public callsign::server_handler {
public:
  explicit doorman(std::promise<void>& opened) : opened_{opened} {}
  void on_open(callsign::websocket_server&) override { opened_.set_value(); }
  callsign::admission on_connection(callsign::websocket_server&,
                                    const callsign::request&) override {
    return std::make_unique<speaker>();
  }

private:
  std::promise<void>& opened_;
};

constexpr callsign::process_variable<int> visits{"visits"};
constexpr callsign::process_variable<callsign::websocket_server> WSS{"WSS"};

} // namespace

int main() {
  callsign::workers workers;
  callsign::web_server web{workers, {.port = 0, .addresses = {"127.0.0.1"}}};
  if (!web.start())
    return 1;

  std::promise<void> opened;
  workers.call("WebSocketServer", [&opened, web = web.ref()](callsign::worker& self) {
    self[WSS] =
        callsign::websocket_server{self, web, std::make_unique<doorman>(opened), {.path = "/echo"}};
  });
  opened.get_future().wait();

  std::promise<int> counted;
  for (int i = 0; i < 3; ++i)
    workers.call("counter", [](callsign::worker& self) { ++self[visits]; });
  workers.call("counter", [&counted](callsign::worker& self) { counted.set_value(self[visits]); });
  const int count = counted.get_future().get();
  std::cout << "callsign " << callsign::version << " counted " << count << " and listened on "
            << web.urls().front() << "\n";
  return count == 3 && closes() ? 0 : 1;
}
