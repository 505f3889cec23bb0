// Who owns what at the end, and what callbacks may do to the program, with real threads and real
// sockets: design sections 3 and 7.

#include "tests/net/raw_client.hpp"

#include <callsign/net.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace callsign;
using namespace std::chrono_literals;
using callsign::test::client_close;
using callsign::test::client_frame;
using callsign::test::good_handshake;
using callsign::test::raw_client;
using callsign::test::read_answer;
using callsign::test::read_frame;
using testing::AllOf;
using testing::HasSubstr;

constexpr auto limit = 20s;
constexpr process_variable<websocket_server> WSS{"WSS"};
constexpr process_variable<std::unique_ptr<web_server>> WEB{"WEB"};

template <class T>
bool comes(std::future<T>& what) {
  return what.wait_for(limit) == std::future_status::ready;
}

/// What the one connection of these tests does.
struct part {
  std::function<void()> opens = [] {};
  std::function<void()> hears = [] {};
  std::function<void(const termination&)> ends = [](const auto&) {};
  std::function<void()> destroyed = [] {};
};

class guest final : public connection_handler {
public:
  explicit guest(part does) : does_{std::move(does)} {}
  ~guest() override { does_.destroyed(); }
  void on_open(websocket_connection&) override { does_.opens(); }
  void on_message(websocket_connection& ws, const message& heard) override {
    does_.hears();
    ws.send(heard);
  }
  void on_terminate(websocket_connection&, const termination& how) override { does_.ends(how); }

private:
  part does_;
};

class host final : public server_handler {
public:
  explicit host(part guests) : guests_{std::move(guests)} {}
  admission on_connection(websocket_server&, const request&) override {
    if (decides)
      decides();
    return std::make_unique<guest>(guests_);
  }
  void on_terminate(websocket_server&) override {
    if (ends)
      ends();
  }
  std::function<void()> decides;
  std::function<void()> ends;

private:
  part guests_;
};

class Owners : public testing::TestWithParam<callbacks> {
protected:
  static web_server_options anywhere() { return {.port = 0, .addresses = {"127.0.0.1"}}; }
  [[nodiscard]] static server_options placed() {
    return {.path = "/chat", .placement = GetParam()};
  }
  void serves(workers& set, const web_server_ref& web, std::shared_ptr<server_handler> handler) {
    std::promise<void> made;
    set.call("WebSocketServer", [&](worker& self) {
      self[WSS] = websocket_server{self, web, std::move(handler), placed()};
      made.set_value();
    });
    auto is_made = made.get_future();
    ASSERT_TRUE(comes(is_made));
  }
  static raw_client joins(std::uint16_t port) {
    raw_client who{port};
    who.send(good_handshake("/chat"));
    EXPECT_NE(who.read_until("\r\n\r\n").find(" 101 "), std::string::npos);
    return who;
  }
};
INSTANTIATE_TEST_SUITE_P(Placed, Owners,
                         testing::Values(callbacks::in_worker, callbacks::in_connection),
                         [](const auto& one) {
                           return one.param == callbacks::in_worker ? "InWorker" : "InConnection";
                         });

// -- who owns the web server ----------------------------------------------------------------------

// A worker may own the web server and let it go: its clients are told goodbye, its servers end, and
// the network goes with the last of them.
TEST_P(Owners, AWorkerMayDestroyTheWebServerItOwns) {
  std::promise<int> guest_ended;
  std::promise<void> server_ended;
  workers set{{.interrupts = signals::left_alone}};
  part does;
  does.ends = [&](const termination& how) { guest_ended.set_value(how.code); };
  auto handler = std::make_shared<host>(does);
  handler->ends = [&] { server_ended.set_value(); };
  std::promise<std::uint16_t> started;
  set.call("owner", [&](worker& self) {
    self[WEB] = std::make_unique<web_server>(set, anywhere(), network_options{.io_threads = 2});
    EXPECT_TRUE(self[WEB]->start());
    self[WSS] = websocket_server{self, self[WEB]->ref(), handler, placed()};
    started.set_value(self[WEB]->port());
  });
  auto port = started.get_future();
  ASSERT_TRUE(comes(port));
  auto ana = joins(port.get());

  set.call("owner", [](worker& self) { self[WEB] = nullptr; });

  EXPECT_EQ(read_frame(ana).close_code(), 1000u);
  ana.send(client_close(1000));
  auto code = guest_ended.get_future();
  auto end = server_ended.get_future();
  ASSERT_TRUE(comes(code));
  EXPECT_EQ(code.get(), 1000);
  ASSERT_TRUE(comes(end));
  EXPECT_TRUE(ana.is_closed());
  set.stop();
}

// The same from another worker than the one that has the server.
TEST_P(Owners, AnotherWorkerMayDestroyTheWebServer) {
  std::promise<void> server_ended;
  workers set{{.interrupts = signals::left_alone}};
  auto handler = std::make_shared<host>(part{});
  handler->ends = [&] { server_ended.set_value(); };
  auto web = std::make_unique<web_server>(set, anywhere(), network_options{.io_threads = 2});
  ASSERT_TRUE(web->start());
  serves(set, web->ref(), handler);
  auto ana = joins(web->port());

  set.call("somebody", [gone = std::move(web)]() mutable { gone = nullptr; });

  EXPECT_EQ(read_frame(ana).close_code(), 1000u);
  ana.send(client_close(1000));
  auto end = server_ended.get_future();
  EXPECT_TRUE(comes(end));
  set.stop();
}

// The network ends while a worker decides about a client: that client's connection still ends, and
// so does the server.
TEST_P(Owners, ANetworkMayEndWhileAWorkerDecides) {
  std::promise<void> asked;
  std::promise<void> go;
  std::promise<void> guest_ended;
  std::promise<void> server_ended;
  workers set{{.interrupts = signals::left_alone}};
  auto io = std::make_unique<network>(set, network_options{.io_threads = 2});
  web_server web{*io, anywhere()};
  ASSERT_TRUE(web.start());
  part does;
  does.ends = [&](const termination&) { guest_ended.set_value(); };
  auto handler = std::make_shared<host>(does);
  handler->decides = [&, may_go = go.get_future().share()] {
    asked.set_value();
    may_go.wait_for(limit);
  };
  handler->ends = [&] { server_ended.set_value(); };
  serves(set, web.ref(), handler);
  raw_client ana{web.port()};
  ana.send(good_handshake("/chat"));
  auto is_asked = asked.get_future();
  ASSERT_TRUE(comes(is_asked));

  io.reset();
  go.set_value();

  if (GetParam() == callbacks::in_worker) {
    auto end = guest_ended.get_future();
    EXPECT_TRUE(comes(end)) << "who was let in hears of the end";
  }
  set.kill("WebSocketServer");
  auto end = server_ended.get_future();
  EXPECT_TRUE(comes(end));
  set.stop();
}

// -- where handlers end ---------------------------------------------------------------------------

// The destructor of a handler needs no more locks than its callbacks do.
TEST_P(Owners, AHandlerIsDestroyedWhereItsCallbacksRan) {
  std::promise<std::thread::id> opened;
  std::promise<std::thread::id> destroyed;
  workers set{{.interrupts = signals::left_alone}};
  set.hire("WebSocketServer", runs_on::own_thread);
  web_server web{set, anywhere(), {.io_threads = 1}};
  ASSERT_TRUE(web.start());
  part does;
  does.opens = [&] { opened.set_value(std::this_thread::get_id()); };
  does.destroyed = [&] { destroyed.set_value(std::this_thread::get_id()); };
  serves(set, web.ref(), std::make_shared<host>(does));
  auto ana = joins(web.port());

  ana.send(client_close(1000));

  auto where_opened = opened.get_future();
  auto where_destroyed = destroyed.get_future();
  ASSERT_TRUE(comes(where_opened));
  ASSERT_TRUE(comes(where_destroyed));
  EXPECT_EQ(where_opened.get(), where_destroyed.get());
  set.stop();
}

// -- what callbacks may not do --------------------------------------------------------------------

// The end of the set would wait for the callback that asked for it.
TEST_P(Owners, ACallbackMayNotStopTheWorkers) {
  std::promise<std::string> of_stop;
  std::promise<std::string> of_wait;
  workers set{{.interrupts = signals::left_alone}};
  web_server web{set, anywhere(), {.io_threads = 1}};
  ASSERT_TRUE(web.start());
  part does;
  does.hears = [&] {
    try {
      set.stop();
    } catch (const std::logic_error& e) {
      of_stop.set_value(e.what());
    }
    try {
      set.wait_for_interrupt();
    } catch (const std::logic_error& e) {
      of_wait.set_value(e.what());
    }
  };
  serves(set, web.ref(), std::make_shared<host>(does));
  auto ana = joins(web.port());

  ana.send(client_frame(0x81, "stop"));

  EXPECT_EQ(read_frame(ana).payload, "stop");
  auto stop_said = of_stop.get_future();
  auto wait_said = of_wait.get_future();
  ASSERT_TRUE(comes(stop_said) && comes(wait_said));
  EXPECT_THAT(stop_said.get(), HasSubstr("call interrupt instead"));
  EXPECT_THAT(wait_said.get(), HasSubstr("wait_for_interrupt was called inside"));
  ana.send(client_close(1000));
  set.stop();
}

// A log that fails costs lines, not connections.
TEST_P(Owners, ALogThatThrowsCostsNoConnection) {
  std::promise<int> guest_ended;
  std::promise<void> server_ended;
  std::atomic<int> count_of_ends{0};
  workers set{{.interrupts = signals::left_alone}};
  network_options io{.io_threads = 1};
  io.log = [](log_level, std::string_view) { throw std::runtime_error("the disk is full"); };
  web_server web{set, anywhere(), io};
  ASSERT_TRUE(web.start());
  part does;
  does.ends = [&](const termination& how) {
    if (count_of_ends++ == 0)
      guest_ended.set_value(how.code);
  };
  auto handler = std::make_shared<host>(does);
  handler->ends = [&] { server_ended.set_value(); };
  serves(set, web.ref(), handler);
  auto ana = joins(web.port());

  ana.reset();

  auto code = guest_ended.get_future();
  ASSERT_TRUE(comes(code));
  EXPECT_EQ(code.get(), 1006);
  auto bob = joins(web.port());
  bob.send(client_frame(0x81, "hello"));
  EXPECT_EQ(read_frame(bob).payload, "hello");
  EXPECT_EQ(web.counters()[counter::connections_closed], 1u);
  bob.send(client_close(1000));
  set.kill("WebSocketServer");
  auto end = server_ended.get_future();
  EXPECT_TRUE(comes(end));
  set.stop();
}

// -- a stop that has a deadline -------------------------------------------------------------------

// A web server waits for the workers that own its servers, but not for ever; then it names them.
TEST(WebServerStop, NamesTheWorkerThatDoesNotEndItsServer) {
  std::mutex lock;
  std::string warned;
  workers set{{.interrupts = signals::left_alone, .long_task = 0ms, .stop_deadline = 2s}};
  set.on_warning([&](const std::string& what) {
    const std::scoped_lock guard{lock};
    warned += what + '\n';
  });
  web_server web{set, {.port = 0, .addresses = {"127.0.0.1"}}, {.io_threads = 1}};
  ASSERT_TRUE(web.start());
  std::promise<void> go;
  std::promise<void> has_begun;
  set.call("busy", [&, may_go = go.get_future().share()](worker& self) {
    self[WSS] =
        websocket_server{self, web.ref(), std::make_shared<host>(part{}), {.path = "/chat"}};
    has_begun.set_value();
    may_go.wait_for(limit);
  });
  auto begun = has_begun.get_future();
  ASSERT_TRUE(comes(begun));

  std::promise<void> stopped;
  std::thread stopper{[&] {
    web.stop();
    stopped.set_value();
  }};
  auto end = stopped.get_future();
  const bool has_returned = end.wait_for(limit / 2) == std::future_status::ready;
  {
    const std::scoped_lock guard{lock};
    EXPECT_THAT(warned, AllOf(HasSubstr("did not stop in time"), HasSubstr("/chat"),
                              HasSubstr("\"busy\"")));
  }
  EXPECT_TRUE(has_returned);
  go.set_value();
  stopper.join();
  web.stop();
  EXPECT_FALSE(web.is_running());
  set.stop();
}

} // namespace
