// What connections cost in memory, and that a burst gives back what it took.

#include "net/src/bridge/lane.hpp"
#include "tests/net/counted_memory.hpp"
#include "tests/net/noticing_thread.hpp"
#include "tests/net/raw_client.hpp"

#include <callsign/net.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <fstream>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

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

/// The most that was in use when somebody had just sent a burst: looked at where it is sent,
/// because sockets take so much of it that there may be nothing left to see for whoever looks
/// later.
std::atomic<std::size_t> most_in_use{0};

/// Speaks for one client: greets, and sends a burst when it is asked for one.
class member final : public connection_handler {
public:
  void on_open(websocket_connection& ws) override { ws.send("welcome"); }
  void on_message(websocket_connection& ws, const message& heard) override {
    if (heard.text() != "burst")
      return static_cast<void>(ws.send(heard));
    for (int i = 0; i < burst; ++i)
      ws.send(text);
    most_in_use = std::max(most_in_use.load(), bytes_in_use());
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

  [[nodiscard]] static bool comes_to_pass(const std::function<bool()>& what,
                                          std::chrono::seconds within = limit) {
    const auto until = std::chrono::steady_clock::now() + within;
    while (!what() && std::chrono::steady_clock::now() < until)
      std::this_thread::yield();
    return what();
  }

  /// Everybody asks for a burst, and hears it to the end.
  void have_a_burst() {
    const auto before = bytes_now();
    most_in_use = 0;
    for (auto& one : clients)
      one.send(client_frame(0x81, "burst"));
    for (auto& one : clients)
      ASSERT_TRUE(takes(one, burst * (text.size() + 4)));
    EXPECT_GE(most_in_use, before + burst * text.size() / 2) << "there was no burst to speak of";
  }

  /// Each mailbox keeps a few empty segments for the next burst.
  static constexpr std::size_t kept = 32 * 1024;

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

  have_a_burst();

  EXPECT_TRUE(comes_to_pass([&] { return bytes_in_use() * 10 <= before * 11 + kept * 10; }))
      << before << " before, " << bytes_in_use() << " after";
}

/// Nobody is left who has a timer.
TEST_P(Heap, ABurstGivesBackWhatItTookThoughEverybodyLeaves) {
  join(1);
  const auto before = bytes_now();
  join(99);

  have_a_burst();
  clients.clear();

  EXPECT_TRUE(comes_to_pass([&] { return bytes_in_use() * 10 <= before * 11 + kept * 10; }))
      << before << " before, " << bytes_in_use() << " after";
}

/// Pages that this process has in memory.
std::size_t resident_bytes() {
  std::size_t all = 0;
  std::size_t resident = 0;
  std::ifstream{"/proc/self/statm"} >> all >> resident;
  return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

// What was freed at the end of the heaps of pool threads stayed with the process.
TEST_P(Heap, TheKernelGetsBackWhatABurstTook) {
  join(100);
  const auto before = resident_bytes();

  // On a machine with other work a thread of the pool may be too late once.
  bool is_back = false;
  for (int i = 0; i < 5 && !is_back; ++i) {
    have_a_burst();
    is_back = comes_to_pass([&] { return resident_bytes() <= before + 6'000'000; }, 4s);
  }

  EXPECT_TRUE(is_back) << before << " before, now " << resident_bytes();
}

// A lane whose thread had no time for a burst kept a table of all its segments.
TEST(LaneHeap, ABurstGivesBackWhatItTook) {
  test::noticing_thread thread;
  detail::lane lane{thread};
  detail::lane_entries taken;
  const auto before = bytes_in_use();

  for (int i = 0; i < 90'000; ++i)
    ASSERT_TRUE(lane.push(detail::lane_resume{}));
  lane.take(taken);
  EXPECT_EQ(taken.size(), 90'000u);
  EXPECT_GT(bytes_in_use(), before + 1'000'000);
  detail::clear(taken);

  EXPECT_LE(bytes_in_use(), before + 1024);
  EXPECT_TRUE(lane.push(detail::lane_resume{}));
  lane.take(taken);
  EXPECT_EQ(taken.size(), 1u);
}

INSTANTIATE_TEST_SUITE_P(BothPlacements, Heap,
                         testing::Values(callbacks::in_worker, callbacks::in_connection),
                         [](const auto& place) {
                           return place.param == callbacks::in_worker ? "InWorker" : "InConnection";
                         });

} // namespace
