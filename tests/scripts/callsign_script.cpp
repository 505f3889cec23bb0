/// \file
/// callsign-script: plays scripts and recordings with the chat and the echo of app/.

#include "app/chat/opening.hpp"
#include "app/chat/page.hpp"
#include "app/echo/opening.hpp"
#include "app/program/command_line.hpp"

#include <callsign/net.hpp>
#include <callsign/testkit/script.hpp>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace {

using callsign::testkit::application;
using words = std::vector<std::string>;

program::log_book quiet_log() { return program::log_book{callsign::log_level::error}; }

/// What a program's main() puts together, without signals.
struct running_program {
  using opening = std::function<void(callsign::workers&, const callsign::web_server&)>;
  running_program(callsign::workers& workers, callsign::network& io,
                  const callsign::web_server_options& how, const opening& open)
      : web{io, how} {
    if (web.start())
      open(workers, web);
  }
  callsign::web_server web;
};

program::settings settings_of(const program::about& what, const words& arguments) {
  std::vector<const char*> all{what.name.c_str()};
  for (const auto& word : arguments)
    all.push_back(word.c_str());
  return program::read_command_line(what, static_cast<int>(all.size()), all.data())
      .value_or(what.defaults);
}

application chat_started_with(const words& arguments) {
  const auto wanted =
      settings_of({.name = "callsign-chat", .defaults = {.path = "/chat"}}, arguments);
  const auto page = std::make_shared<chat::page>(wanted.path, wanted.max_message);
  return {.url = wanted.path.empty() ? "/" : wanted.path,
          .handler = [=] { return std::make_shared<chat::doorman>(wanted.guests, quiet_log()); },
          .options = wanted.server_options(),
          .starts =
              [=](callsign::workers& workers, callsign::network& io) {
                return std::make_shared<running_program>(
                    workers, io, wanted.web_options(page->files()),
                    [=](callsign::workers& set, const callsign::web_server& web) {
                      chat::open(set, web, wanted, quiet_log(), [] {});
                    });
              },
          .started_with = chat_started_with};
}

application echo_started_with(const words& arguments) {
  bool is_upper = false;
  const auto wanted = settings_of(
      {.name = "callsign-echo", .extras = {{.name = "--upper", .is_given = &is_upper}}}, arguments);
  const auto how = is_upper ? echo::answers::in_upper_case : echo::answers::as_heard;
  return {
      .url = wanted.path.empty() ? "/" : wanted.path,
      .handler = [=] { return std::make_shared<echo::doorman>(how, wanted.guests, quiet_log()); },
      .options = wanted.server_options(),
      .starts =
          [=](callsign::workers& workers, callsign::network& io) {
            return std::make_shared<running_program>(
                workers, io, wanted.web_options(),
                [=](callsign::workers& set, const callsign::web_server& web) {
                  echo::open(set, web, how, wanted, quiet_log(), [] {});
                });
          },
      .started_with = echo_started_with};
}

std::optional<application> make_app(const std::string& name) {
  if (name == "chat")
    return chat_started_with({});
  if (name == "echo")
    return echo_started_with({});
  return std::nullopt;
}

} // namespace

int main(int count, char** words) { return callsign::testkit::script_main(count, words, make_app); }
