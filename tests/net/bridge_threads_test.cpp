// Which thread runs what, and who ends last, with real sockets and real threads: design sections 3
// and 7.

#include "tests/net/raw_client.hpp"

#include "actors/src/worker_system.hpp"

#include <callsign/net.hpp>

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <future>
#include <iterator>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <unistd.h>

namespace {

using namespace callsign;
using namespace std::chrono_literals;
using callsign::test::client_close;
using callsign::test::client_frame;
using callsign::test::good_handshake;
using callsign::test::raw_client;
using callsign::test::read_frame;

constexpr auto limit = 20s;
constexpr process_variable<websocket_server> WSS{"WSS"};

/// Thread numbers, from any thread.
class thread_list {
public:
  void note() {
    const std::scoped_lock guard{lock_};
    all_.insert(std::this_thread::get_id());
  }
  [[nodiscard]] std::set<std::thread::id> all() const {
    const std::scoped_lock guard{lock_};
    return all_;
  }

private:
  mutable std::mutex lock_;
  std::set<std::thread::id> all_;
};

bool have_one_in_common(const thread_list& a, const thread_list& b) {
  const auto of_b = b.all();
  for (const auto id : a.all())
    if (of_b.contains(id))
      return true;
  return false;
}

/// A server program on the loopback, with two I/O threads.
class Threads : public testing::TestWithParam<callbacks> {
protected:
  void serves(std::shared_ptr<server_handler> handler) {
    ASSERT_TRUE(web.start());
    std::promise<void> made;
    set.call("WebSocketServer", [&](worker& self) {
      self[WSS] = websocket_server{
          self, web.ref(), std::move(handler), {.path = "/chat", .placement = GetParam()}};
      made.set_value();
    });
    ASSERT_EQ(made.get_future().wait_for(limit), std::future_status::ready);
  }
  /// Which threads the connections of this program live on, whatever the placement.
  void shows_its_threads(thread_list& of_io);
  raw_client joins(const std::string& path = "/chat") {
    raw_client who{web.port()};
    who.send(good_handshake(path));
    EXPECT_NE(who.read_until("\r\n\r\n").find(" 101 "), std::string::npos);
    return who;
  }

  // Before the workers, because callbacks count to the end of them.
  std::atomic<int> ended{0};
  workers set{{.interrupts = signals::left_alone}};
  web_server web{set, {.port = 0, .addresses = {"127.0.0.1"}}, {.io_threads = 2}};
};
INSTANTIATE_TEST_SUITE_P(Placed, Threads,
                         testing::Values(callbacks::in_worker, callbacks::in_connection),
                         [](const auto& one) {
                           return one.param == callbacks::in_worker ? "InWorker" : "InConnection";
                         });

/// Calls a worker from each callback, as a connection of an application may.
class caller final : public connection_handler {
public:
  caller(workers& set, thread_list& callbacks, thread_list& tasks, std::atomic<int>& done)
      : set_{set}, callbacks_{callbacks}, tasks_{tasks}, done_{done} {}
  void on_message(websocket_connection& ws, const message& heard) override {
    callbacks_.note();
    set_.call("helper", [this] {
      tasks_.note();
      ++done_;
    });
    ws.send(heard);
  }

private:
  workers& set_;
  thread_list& callbacks_;
  thread_list& tasks_;
  std::atomic<int>& done_;
};

template <class Handler>
class host final : public server_handler {
public:
  explicit host(std::function<std::unique_ptr<Handler>()> make) : make_{std::move(make)} {}
  admission on_connection(websocket_server&, const request&) override { return make_(); }
  void on_terminate(websocket_server&) override {
    if (ends)
      ends();
  }
  std::function<void()> ends;

private:
  std::function<std::unique_ptr<Handler>()> make_;
};

/// Notes the thread of each of its callbacks.
class thread_shower final : public connection_handler {
public:
  explicit thread_shower(thread_list& all) : all_{all} {}
  void on_message(websocket_connection& ws, const message& heard) override {
    all_.note();
    ws.send(heard);
  }

private:
  thread_list& all_;
};

void Threads::shows_its_threads(thread_list& of_io) {
  std::promise<void> made;
  set.call("Shower", [&](worker& self) {
    self[WSS] = websocket_server{self,
                                 web.ref(),
                                 std::make_shared<host<thread_shower>>(
                                     [&] { return std::make_unique<thread_shower>(of_io); }),
                                 {.path = "/threads", .placement = callbacks::in_connection}};
    made.set_value();
  });
  ASSERT_EQ(made.get_future().wait_for(limit), std::future_status::ready);
  // Clients are handed round.
  for (int i = 0; i < 2; ++i) {
    auto one = joins("/threads");
    one.send(client_frame(0x81, "go"));
    EXPECT_EQ(read_frame(one).payload, "go");
  }
}

// CAF hands the unit of the running actor on to everybody it sends to: without care the worker
// would silently run on the I/O thread.
TEST_P(Threads, AWorkerThatAConnectionCallsRunsOnThePool) {
  thread_list of_io;
  thread_list of_callbacks;
  thread_list of_tasks;
  std::atomic<int> done{0};
  serves(std::make_shared<host<caller>>(
      [&] { return std::make_unique<caller>(set, of_callbacks, of_tasks, done); }));
  shows_its_threads(of_io);
  constexpr int rounds = 100;
  std::vector<raw_client> clients;
  for (int i = 0; i < 4; ++i)
    clients.push_back(joins());

  for (int i = 0; i < rounds; ++i) {
    auto& one = clients[static_cast<std::size_t>(i) % clients.size()];
    one.send(client_frame(0x81, "go"));
    EXPECT_EQ(read_frame(one).payload, "go");
  }
  const auto until = std::chrono::steady_clock::now() + limit;
  while (done < rounds && std::chrono::steady_clock::now() < until)
    std::this_thread::yield();

  EXPECT_EQ(done, rounds);
  EXPECT_EQ(of_io.all().size(), 2u);
  if (GetParam() == callbacks::in_connection) {
    // The four clients are handed round, so the callbacks ran on both I/O threads.
    EXPECT_EQ(of_callbacks.all(), of_io.all());
  } else {
    EXPECT_FALSE(have_one_in_common(of_callbacks, of_io)) << "the server's worker is on the pool";
  }
  EXPECT_FALSE(have_one_in_common(of_tasks, of_io));
  EXPECT_FALSE(of_tasks.all().contains(std::this_thread::get_id()));
}

/// Takes its time at the end.
class lingering final : public connection_handler {
public:
  explicit lingering(std::atomic<int>& ended) : ended_{ended} {}
  void on_message(websocket_connection& ws, const message& heard) override {
    ws.server().broadcast(heard);
  }
  void on_terminate(websocket_connection& ws, const termination&) override {
    for (int i = 0; i < 200; ++i)
      std::this_thread::yield();
    ws.server().broadcast("gone");
    ++ended_;
  }

private:
  std::atomic<int>& ended_;
};

// S-29 with callbacks that run at the same time on two I/O threads: the server's own comes behind
// the last of them.
TEST_P(Threads, TheServersOnTerminateComesBehindTheLastConnections) {
  for (int round = 0; round < 20; ++round) {
    ended = 0;
    std::promise<int> last;
    auto told = last.get_future();
    auto handler =
        std::make_shared<host<lingering>>([&] { return std::make_unique<lingering>(ended); });
    handler->ends = [&] { last.set_value(ended); };
    serves(handler);
    std::vector<raw_client> clients;
    for (int i = 0; i < 12; ++i)
      clients.push_back(joins());

    set.call("WebSocketServer", [](worker& self) { self[WSS].terminate(); });
    std::size_t goodbyes = 0;
    for (auto& one : clients) {
      auto frame = read_frame(one);
      while (frame.first_byte == 0x81)
        frame = read_frame(one);
      if (frame.close_code() == 1000)
        ++goodbyes;
      one.send(client_close(1000));
    }

    EXPECT_EQ(goodbyes, 12u);
    clients.clear();
    ASSERT_EQ(told.wait_for(limit), std::future_status::ready);
    EXPECT_EQ(told.get(), 12);
    web.stop();
    set.kill("WebSocketServer");
  }
}

// T-16 over real threads: two I/O threads, several speakers, one order for all.
TEST_P(Threads, AllClientsHearBroadcastsInOneOrder) {
  serves(std::make_shared<host<lingering>>([&] { return std::make_unique<lingering>(ended); }));
  constexpr int words = 200;
  std::vector<raw_client> clients;
  for (int i = 0; i < 4; ++i)
    clients.push_back(joins());

  for (int i = 0; i < words; ++i)
    for (std::size_t who = 0; who < clients.size(); ++who)
      clients[who].send(client_frame(0x81, std::to_string(who) + ':' + std::to_string(i)));

  std::vector<std::vector<std::string>> heard(clients.size());
  for (std::size_t who = 0; who < clients.size(); ++who)
    for (std::size_t i = 0; i < words * clients.size(); ++i)
      heard[who].push_back(read_frame(clients[who]).payload);
  for (std::size_t who = 1; who < clients.size(); ++who)
    EXPECT_EQ(heard[who], heard[0]);
}

// -- a network that goes while the set ends -------------------------------------------------------

/// Whether that thread waits for something: a lock, once it has nothing else to wait for.
bool is_waiting(pid_t thread) {
  std::ifstream file{"/proc/self/task/" + std::to_string(thread) + "/stat"};
  const std::string text{std::istreambuf_iterator<char>{file}, {}};
  const auto name_end = text.rfind(") ");
  return name_end != std::string::npos && text[name_end + 2] == 'S';
}

/// Does something when it is told to stop, while all who leave the set must wait.
class participant final : public detail::shutdown_participant {
public:
  explicit participant(std::function<void()> what) : what_{std::move(what)} {}
  void stop_listening() override {}
  bool stop_network(std::chrono::steady_clock::time_point) override {
    what_();
    return true;
  }

private:
  std::function<void()> what_;
};

// The thread that stops the set holds what the other waits for, and must not come to wait for the
// other.
TEST(Shutdown, MayMeetANetworkThatIsBeingDestroyed) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto ends = [] {
    workers set{{.interrupts = signals::left_alone}};
    std::promise<void> go;
    std::promise<void> gone;
    std::atomic<pid_t> leaver{0};
    participant first{[&] {
      go.set_value();
      const auto end = std::chrono::steady_clock::now() + limit;
      while ((leaver == 0 || !is_waiting(leaver)) && std::chrono::steady_clock::now() < end)
        std::this_thread::yield();
    }};
    set.system().add(first);
    auto net = std::make_unique<network>(set, network_options{.io_threads = 1});
    std::thread other{[&] {
      go.get_future().wait();
      leaver = ::gettid();
      net.reset();
      gone.set_value();
    }};
    std::promise<void> stopped;
    std::thread stopper{[&] {
      set.stop();
      stopped.set_value();
    }};
    const bool both = stopped.get_future().wait_for(limit) == std::future_status::ready &&
                      gone.get_future().wait_for(limit) == std::future_status::ready;
    std::_Exit(both ? 0 : 1);
  };
  EXPECT_EXIT(ends(), testing::ExitedWithCode(0), "");
}

} // namespace
