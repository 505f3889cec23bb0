/// \file
/// callsign-script: plays scripts with the chat and the echo of app/.

#include "app/chat/doorman.hpp"
#include "app/chat/page.hpp"
#include "app/echo/doorman.hpp"
#include "app/program/settings.hpp"

#include <callsign/net.hpp>
#include <callsign/testkit/script.hpp>

#include <functional>
#include <memory>
#include <string>
#include <utility>

namespace {

using callsign::testkit::application;

constexpr callsign::process_variable<callsign::websocket_server> WSS{"WSS"};

using make_doorman =
    std::function<std::unique_ptr<callsign::server_handler>(const program::settings&)>;

/// What a program's main() puts together, without its command line.
struct running_program {
  running_program(callsign::workers& workers, callsign::network& io,
                  const program::settings& wanted, const program::own_page& page,
                  const make_doorman& doorman)
      : web{io, wanted.web_options(page)} {
    if (!web.start())
      return;
    workers.call("WebSocketServer", [wanted, doorman, ref = web.ref()](callsign::worker& self) {
      self[WSS] = callsign::websocket_server{self, ref, doorman(wanted), wanted.server_options()};
    });
  }
  callsign::web_server web;
};

application application_of(const program::settings& wanted, const program::own_page& page,
                           const make_doorman& doorman) {
  return {.url = wanted.path.empty() ? "/" : wanted.path,
          .handler = [=] { return std::shared_ptr{doorman(wanted)}; },
          .options = wanted.server_options(),
          .starts =
              [=](callsign::workers& workers, callsign::network& io) {
                return std::make_shared<running_program>(workers, io, wanted, page, doorman);
              }};
}

std::optional<application> make_app(const std::string& name) {
  program::settings wanted;
  if (name == "chat") {
    wanted.path = "/chat";
    return application_of(wanted, chat::page{wanted.path}.files(),
                          [](const program::settings& how) {
                            return std::make_unique<chat::doorman>(
                                how.guests, program::log_book{callsign::log_level::error});
                          });
  }
  if (name == "echo") {
    return application_of(wanted, {}, [](const program::settings& how) {
      return std::make_unique<echo::doorman>(echo::answers::as_heard, how.guests,
                                             program::log_book{callsign::log_level::error});
    });
  }
  return std::nullopt;
}

} // namespace

int main(int count, char** words) { return callsign::testkit::script_main(count, words, make_app); }
