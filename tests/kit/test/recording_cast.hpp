/// \file
/// What is recorded: a relay whose manners can change, and a stage on which it is played.
#pragma once

#include <callsign/testkit/recording.hpp>
#include <callsign/testkit/story.hpp>

#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>
#include <unistd.h>

namespace callsign::testkit {

using namespace std::chrono_literals;

/// How the relay behaves: as it was, or changed.
struct manners {
  std::string greeting = "Welcome!";
  bool says_goodbye = true;
  int most = 100; ///< clients
  bool says_twice = false;
  /// A worker that fails when somebody says "fail", and says when it is back.
  bool has_flaky = false;
  std::function<void()> lets_fail = {};
};

class member final : public connection_handler {
public:
  explicit member(manners how) : how_{std::move(how)} {}
  void on_open(websocket_connection& ws) override {
    ws.send(how_.greeting);
    ws.server().broadcast("somebody came", except(ws));
  }
  void on_message(websocket_connection& ws, const message& heard) override {
    ws.server().broadcast(heard, except(ws));
    if (how_.says_twice)
      ws.server().broadcast(heard, except(ws));
    if (heard.text() == "fail" && how_.lets_fail)
      how_.lets_fail();
    if (heard.text() == "go")
      ws.terminate(4000, "as you wish");
  }
  void on_terminate(websocket_connection& ws, const termination&) override {
    if (how_.says_goodbye)
      ws.server().broadcast("somebody went", except(ws));
  }

private:
  manners how_;
};

class doorman final : public server_handler {
public:
  explicit doorman(manners how) : how_{std::move(how)} {}
  admission on_connection(websocket_server& wss, const request&) override {
    if (wss.connections().size() >= static_cast<std::size_t>(how_.most))
      return refuse(403, "full");
    return std::make_unique<member>(how_);
  }

private:
  manners how_;
};

constexpr process_variable<websocket_server> WSS{"WSS"};
constexpr process_variable<int> ticks{"ticks"};

/// A server, and a worker that ticks.
struct relay {
  relay(workers& set, network& io, manners how) : web{io, {.port = 8080}} {
    if (!web.start())
      return;
    if (how.has_flaky) {
      how.lets_fail = [&set] { set.call("flaky", [] { throw std::runtime_error{"as ever"}; }); };
      set.hire("flaky", {.on_start = [](worker& self) {
                 self.call("relay", [](worker& me) { me[WSS].broadcast("it is back"); });
               }});
      set.supervise("flaky", {.on_failure = failure_rule::restart,
                              .pause = {.first = 20s, .longest = 20s, .growth = 1, .jitter = 1}});
    }
    set.call("relay", [how, ref = web.ref()](worker& self) {
      self[WSS] = websocket_server{self,
                                   ref,
                                   std::make_unique<doorman>(how),
                                   {.path = "/relay", .ping_after = 20s, .pong_within = 10s}};
      self.every(30s, [](worker& me) {
        if (++me[ticks] < 3)
          me[WSS].broadcast("tick " + std::to_string(me[ticks]));
      });
    });
  }
  web_server web;
};

inline application application_with(const manners& how = {}) {
  return {.url = "/relay", .starts = [how](workers& set, network& io) {
            return std::make_shared<relay>(set, io, how);
          }};
}

/// A file that lasts as long as the test.
class file_of_test {
public:
  file_of_test()
      : name_{testing::TempDir() + "/callsign-" + std::to_string(::getpid()) + '-' +
              testing::UnitTest::GetInstance()->current_test_info()->name() + '-' +
              std::to_string(reinterpret_cast<std::uintptr_t>(this)) + ".recording"} {
    std::filesystem::remove(name_);
  }
  ~file_of_test() { std::filesystem::remove(name_); }
  file_of_test(const file_of_test&) = delete;
  file_of_test& operator=(const file_of_test&) = delete;

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] std::string text() const {
    std::ostringstream all;
    all << std::ifstream{name_, std::ios::binary}.rdbuf();
    return all.str();
  }

private:
  std::string name_;
};

/// What happens on a stage with the relay, recorded; in order, or in a random one.
inline std::string recorded(const std::function<void(stage&)>& play, std::uint64_t seed = 0,
                            record_options how = {}, const manners& program = {}) {
  const file_of_test file;
  how.file = file.name();
  how.program = "relay";
  {
    stage here{{.order_of_steps = {.steps = seed == 0 ? order::fifo : order::random, .seed = seed},
                .has_web_server = false,
                .url = "/relay",
                .record = how}};
    auto running = application_with(program).starts(here.workers(), here.network());
    here.settle();
    play(here);
    here.ends();
    running.reset();
  }
  return file.text();
}

} // namespace callsign::testkit
