// The lane when its thread goes, and what is said to those who have left: design sections 6 and 7.

#include "net/src/bridge/connection_line.hpp"
#include "net/src/bridge/io_turn.hpp"
#include "net/src/bridge/network_core.hpp"
#include "net/src/bridge/server_core.hpp"

#include <callsign/testkit/story.hpp>

#include "tests/net/noticing_thread.hpp"

#include <gmock/gmock.h>

#include <atomic>
#include <chrono>
#include <fstream>
#include <functional>
#include <iterator>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <unistd.h>

namespace {

using namespace callsign;
using namespace callsign::testkit;
using callsign::test::noticing_thread;
using testing::ElementsAre;

// -- a thread that goes ---------------------------------------------------------------------------

/// Whether that thread waits for something.
bool is_waiting(pid_t thread) {
  std::ifstream file{"/proc/self/task/" + std::to_string(thread) + "/stat"};
  const std::string text{std::istreambuf_iterator<char>{file}, {}};
  const auto name_end = text.rfind(") ");
  return name_end != std::string::npos && text[name_end + 2] == 'S';
}

// Behind `close` the thread may be destroyed. Whoever pushes at that moment still wakes it.
TEST(Lane, IsNotClosedWhileSomebodyWakesItsThread) {
  noticing_thread thread;
  detail::lane lane{thread};
  std::atomic<pid_t> closer{0};
  std::atomic<bool> is_closed{false};
  std::thread other;
  bool is_thread_safe = false;
  thread.posted = [&] {
    other = std::thread{[&] {
      closer = ::gettid();
      lane.close();
      is_closed = true;
    }};
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds{20};
    while (!is_closed && (closer == 0 || !is_waiting(closer)) &&
           std::chrono::steady_clock::now() < limit)
      std::this_thread::yield();
    is_thread_safe = !is_closed;
  };

  EXPECT_TRUE(lane.push(detail::lane_resume{nullptr}));

  other.join();
  EXPECT_TRUE(is_thread_safe);
  EXPECT_TRUE(is_closed);
}

// -- joins that nobody takes ----------------------------------------------------------------------

struct told {
  std::vector<std::string> lines;
};

class teller final : public connection_handler {
public:
  explicit teller(told& notes) : notes_{notes} {}
  void on_open(websocket_connection&) override { notes_.lines.emplace_back("open"); }
  void on_message(websocket_connection&, const message&) override {}
  void on_error(websocket_connection&, const error_event& what) override {
    notes_.lines.push_back("error " + std::to_string(what.errors.front().code));
  }
  void on_terminate(websocket_connection&, const termination& how) override {
    notes_.lines.push_back("terminate " + std::to_string(how.code));
  }

private:
  told& notes_;
};

class telling_host final : public server_handler {
public:
  explicit telling_host(told& notes) : notes_{notes} {}
  admission on_connection(websocket_server&, const request&) override {
    if (decides)
      decides();
    return std::make_unique<teller>(notes_);
  }
  void on_terminate(websocket_server&) override { notes_.lines.emplace_back("server terminate"); }

  std::function<void()> decides;

private:
  told& notes_;
};

class Joins : public testing::TestWithParam<callbacks> {
protected:
  void decides_and(std::function<void(detail::lane&)> then) {
    auto host = std::make_shared<telling_host>(notes);
    host->decides = [this, then] { then(*here.network().core()->turn(0).shared_lane()); };
    server = here.serves(host, {.path = "/chat", .placement = GetParam()});
  }

  told notes;
  stage here{{.io_threads = 1}};
  server_ref server;
};
INSTANTIATE_TEST_SUITE_P(Placed, Joins,
                         testing::Values(callbacks::in_worker, callbacks::in_connection),
                         [](const auto& one) {
                           return one.param == callbacks::in_worker ? "InWorker" : "InConnection";
                         });

// The network ends while a request is being decided: the lane takes no join any more, and the
// server must not wait for its client for ever.
TEST_P(Joins, ThatTheLaneRefusesEndAtOnce) {
  decides_and([](detail::lane& lane) { lane.close(); });

  auto ana = here.joins();

  if (GetParam() == callbacks::in_worker) {
    EXPECT_THAT(notes.lines, ElementsAre("open", "error 1006", "terminate 1006"));
  }
  EXPECT_EQ(server.connection_count(), 0u);
  server.terminate();
  here.settle();
  EXPECT_TRUE(server.is_terminated());
  here.ends();
  EXPECT_EQ(notes.lines.back(), "server terminate");
}

// The same with a join that is in the lane already.
TEST_P(Joins, ThatTheLaneLosesEndAtOnce) {
  decides_and([](detail::lane&) {});
  here.at_once([&] {
    auto ana = here.joins();
    while (server.connection_count() == 0 && here.world().steps().run_one()) {
    }
    EXPECT_EQ(server.connection_count(), 1u);
    here.network().core()->turn(0).shared_lane()->close();
  });

  if (GetParam() == callbacks::in_worker) {
    EXPECT_THAT(notes.lines, ElementsAre("open", "error 1006", "terminate 1006"));
  }
  EXPECT_EQ(server.connection_count(), 0u);
  server.terminate();
  here.settle();
  EXPECT_TRUE(server.is_terminated());
  here.ends();
  EXPECT_EQ(notes.lines.back(), "server terminate");
}

// -- those who have left --------------------------------------------------------------------------

// A send that was on its way while its client left: what it had reserved is given back.
TEST_P(Joins, WhatIsSentToSomebodyWhoHasLeftReservesNothing) {
  decides_and([](detail::lane&) {});
  auto ana = here.joins();
  const auto& turn = here.network().core()->turn(0);
  const auto core = (*turn.lines().begin())->shared_core();
  ana.leaves();
  EXPECT_EQ(core->reserved(), 0u);

  const auto frame = rules::whole(rules::make_block("too late"));
  core->reserve(frame.size());
  turn.shared_lane()->push(detail::lane_send{core, frame});
  here.settle();

  EXPECT_EQ(core->reserved(), 0u);
  EXPECT_EQ(here.counters()[counter::messages_dropped_closed], 1u);
  here.all_is_quiet();
}

// A closed connection stays closed, even for a send that has looked a moment before. One thread
// speaks to one connection after the other, the other closes whichever is spoken to.
TEST_P(Joins, ASendThatFindsTheQueueFullDoesNotReviveTheStatus) {
  decides_and([](detail::lane&) {});
  auto ana = here.joins();
  const auto& turn = here.network().core()->turn(0);
  const auto of_ana = (*turn.lines().begin())->shared_core();
  const message large{std::string(100, 'x')};
  constexpr std::size_t count = 20'000;
  std::vector<std::shared_ptr<detail::connection_core>> all;
  for (std::size_t i = 0; i < count; ++i) {
    all.push_back(std::make_shared<detail::connection_core>(
        of_ana->shared_server(), turn.shared_lane(), request{}, std::string{}));
    all.back()->reserve(server_options{}.max_queued_bytes);
  }
  std::vector<std::size_t> closed;
  closed.reserve(count);
  std::atomic<std::size_t> spoken_to{count};
  std::atomic<bool> is_over{false};
  std::atomic<bool> has_begun{false};
  std::thread closer{[&] {
    has_begun = true;
    for (std::size_t last = count; !is_over;) {
      const auto now = spoken_to.load();
      if (now == last)
        continue;
      last = now;
      all[now]->set_status(connection_status::closed);
      closed.push_back(now);
    }
  }};
  while (!has_begun)
    std::this_thread::yield();

  for (std::size_t i = 0; i < count; ++i) {
    spoken_to = i;
    all[i]->send(large);
  }
  is_over = true;
  closer.join();

  std::size_t revived = 0;
  for (const auto which : closed) {
    if (all[which]->status() != connection_status::closed)
      ++revived;
  }
  EXPECT_EQ(revived, 0u) << "of " << closed.size();
  here.settle();
}

// -- a network that cannot start ------------------------------------------------------------------

class broken_backend final : public door::backend {
public:
  [[nodiscard]] const std::vector<door::io_thread*>& threads() const noexcept override {
    return faces_;
  }
  void start() override { throw std::runtime_error("no threads"); }
  [[nodiscard]] std::shared_ptr<door::web_service> listen(const web_server_options&,
                                                          std::shared_ptr<door::front_desk>,
                                                          std::vector<error>&) override {
    return nullptr;
  }
  bool stop(door::time_point) override { return true; }

private:
  noticing_thread thread_;
  std::vector<door::io_thread*> faces_{&thread_};
};

// Nothing is left of it that the end of the set would wait for or tell to stop.
TEST(Network, ThatCannotStartLeavesNothingBehind) {
  workers set{{.interrupts = signals::left_alone}};
  const auto make = [&] {
    detail::network_core core{set.system(), {}, [](std::size_t, io_backend, const auto&) {
                                return std::make_unique<broken_backend>();
                              }};
  };

  EXPECT_THROW(make(), std::runtime_error);

  set.stop();
}

} // namespace
