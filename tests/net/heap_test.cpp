// What connections cost in memory, and that a burst gives back what it took.

#include "tests/net/counted_memory.hpp"
#include "tests/net/raw_client.hpp"

#include <callsign/net.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <poll.h>
#include <sys/socket.h>

namespace {

using namespace callsign;
using namespace std::chrono_literals;
using callsign::test::bytes_in_use;
using callsign::test::client_frame;
using callsign::test::good_handshake;
using callsign::test::raw_client;
using callsign::test::read_frame;

constexpr auto limit = 20s;
constexpr process_variable<websocket_server> WSS{"WSS"};

constexpr int burst = 900;
const std::string text(1000, 'x');

/// Speaks for one client: says its name, and a burst when it is asked for one.
class member final : public connection_handler {
public:
  void on_open(websocket_connection& ws) override { ws.send("welcome"); }
  void on_message(websocket_connection& ws, const message& heard) override {
    if (heard.text() != "burst")
      return static_cast<void>(ws.send(heard));
    for (int i = 0; i < burst; ++i)
      ws.send(text);
  }
};

/// Lets everybody in, each with a handler of its own.
class doorman final : public server_handler {
public:
  admission on_connection(websocket_server&, const request&) override {
    return std::make_unique<member>();
  }
};

/// A server program on the loopback, with its clients in the same program.
class Heap : public testing::TestWithParam<callbacks> {
protected:
  Heap() {
    EXPECT_TRUE(web.start());
    std::promise<void> made;
    set.call("WebSocketServer", [&](worker& self) {
      server_options how{.path = "/", .placement = GetParam()};
      how.max_connections = how.max_per_address = 5000;
      self[WSS] = websocket_server{self, web.ref(), std::make_unique<doorman>(), how};
      made.set_value();
    });
    EXPECT_EQ(made.get_future().wait_for(limit), std::future_status::ready);
  }

  /// So many more clients, each of which has heard its greeting and one echo.
  void join(std::size_t count) {
    clients.reserve(clients.size() + count);
    for (std::size_t i = 0; i < count; ++i) {
      auto& one = clients.emplace_back(web.port());
      one.send(good_handshake("/"));
      static_cast<void>(one.read_until("\r\n\r\n"));
      EXPECT_EQ(read_frame(one).payload, "welcome");
      echo(one);
    }
  }

  void echo(raw_client& one) {
    one.send(client_frame(0x81, "hello"));
    EXPECT_EQ(read_frame(one).payload, "hello");
  }

  /// What is in use. What was on its way before one more echo has arrived behind it.
  [[nodiscard]] std::size_t bytes_now() {
    echo(clients.front());
    return bytes_in_use();
  }

  /// Reads so many bytes without keeping any: what clients keep counts, too.
  [[nodiscard]] static bool takes(const raw_client& who, std::size_t bytes) {
    std::array<char, 65536> room; // NOLINT(*-member-init)
    while (bytes > 0) {
      pollfd asked{who.native(), POLLIN, 0};
      if (::poll(&asked, 1, 20'000) != 1)
        return false;
      const ssize_t got = ::recv(who.native(), room.data(), std::min(room.size(), bytes), 0);
      if (got <= 0)
        return false;
      bytes -= static_cast<std::size_t>(got);
    }
    return true;
  }

  workers set;
  web_server web{
      set,
      {.port = 0, .addresses = {"127.0.0.1"}, .max_lines = 5000, .max_lines_per_address = 5000},
      {.io_threads = 1}};
  std::vector<raw_client> clients;
};

TEST_P(Heap, AnIdleConnectionTakesLittleAndEachTakesTheSame) {
  clients.reserve(1500); // not the server's
  join(100);
  const auto few = bytes_now();
  join(600);
  const auto some = bytes_now();
  join(600);
  const auto many = bytes_now();

  const auto first = static_cast<double>(some - few) / 600;
  const auto second = static_cast<double>(many - some) / 600;
  RecordProperty("bytes_per_connection", static_cast<int>(second));
  EXPECT_LE(first, 3 * 1024);
  EXPECT_LE(second, 3 * 1024);
  EXPECT_LE(second, 1.1 * first) << first;
}

TEST_P(Heap, ABurstGivesBackWhatItTook) {
  join(100);
  const auto before = bytes_now();

  for (auto& one : clients)
    one.send(client_frame(0x81, "burst"));
  const auto until = std::chrono::steady_clock::now() + limit;
  const auto comes_to_pass = [until](auto what) {
    while (!what() && std::chrono::steady_clock::now() < until)
      std::this_thread::yield();
    return what();
  };
  EXPECT_TRUE(comes_to_pass([&] { return bytes_in_use() >= 2 * before; }))
      << "there was no burst to speak of";
  for (auto& one : clients) {
    ASSERT_TRUE(takes(one, burst * (text.size() + 4)));
  }

  // Each mailbox keeps a few empty segments for the next burst.
  constexpr std::size_t kept = 32 * 1024;
  EXPECT_TRUE(comes_to_pass([&] { return bytes_in_use() * 10 <= before * 11 + kept * 10; }))
      << before << " before, " << bytes_in_use() << " after";
}

INSTANTIATE_TEST_SUITE_P(BothPlacements, Heap,
                         testing::Values(callbacks::in_worker, callbacks::in_connection),
                         [](const auto& place) {
                           return place.param == callbacks::in_worker ? "InWorker" : "InConnection";
                         });

} // namespace
