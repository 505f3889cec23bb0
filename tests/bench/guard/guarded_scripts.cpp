// The scripts whose instructions are counted: always the same calls and messages, in one thread, in
// the same order, without sockets and without time. guard.py beside this file counts them.
//
//     callsign-guarded-scripts call|echo|echo-in-connection|broadcast ROUNDS
//
// Prints how many calls or deliveries there were.

#include <callsign/testkit/story.hpp>
#include <callsign/testkit/world.hpp>

#include <chrono>
#include <cstddef>
#include <cstdio>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace bench::guard {

/// A caller's share of a call.
[[gnu::noinline]] void call_once(callsign::workers& all, std::size_t& tasks_run) {
  all.call("receiver", [&tasks_run] { ++tasks_run; });
}

namespace {

using callsign::testkit::client;
using callsign::testkit::stage;

/// Without the watchdog, whose thread would be another.
callsign::workers_options one_thread() {
  return {.interrupts = callsign::signals::left_alone, .long_task = std::chrono::milliseconds{0}};
}

void require(bool is_so, const char* what) {
  if (!is_so)
    throw std::runtime_error{what};
}

/// Bursts of calls by name to one worker.
std::size_t run_calls(std::size_t rounds) {
  constexpr std::size_t calls = 50;
  callsign::testkit::world world{{.workers = one_thread()}};
  std::size_t tasks_run = 0;
  for (std::size_t round = 0; round < rounds; ++round) {
    for (std::size_t i = 0; i < calls; ++i)
      call_once(world.workers(), tasks_run);
    world.run();
  }
  require(tasks_run == rounds * calls, "a task did not run");
  return tasks_run;
}

class echoing final : public callsign::connection_handler {
public:
  void on_message(callsign::websocket_connection& ws, const callsign::message& heard) override {
    static_cast<void>(ws.send(heard));
  }
};

class relaying final : public callsign::connection_handler {
public:
  void on_message(callsign::websocket_connection& ws, const callsign::message& heard) override {
    ws.server().broadcast(heard);
  }
};

template <class Handler>
class doorman final : public callsign::server_handler {
public:
  callsign::admission on_connection(callsign::websocket_server&,
                                    const callsign::request&) override {
    return std::make_unique<Handler>();
  }
};

const std::string text(64, 'x');

/// `rounds` messages of one client, each heard by all `clients`.
template <class Handler>
std::size_t run_messages(std::size_t clients, std::size_t rounds, callsign::callbacks placement) {
  stage program{{.io_threads = 1, .workers = one_thread()}};
  program.serves(std::make_shared<doorman<Handler>>(), {.path = "/chat", .placement = placement});
  std::vector<client> all;
  for (std::size_t i = 0; i < clients; ++i)
    all.push_back(program.joins());
  for (std::size_t round = 0; round < rounds; ++round) {
    all.front().says(text);
    for (client& one : all)
      one.hears(text);
  }
  program.all_is_quiet();
  return clients * rounds;
}

std::size_t run(std::string_view name, std::size_t rounds) {
  constexpr auto in_worker = callsign::callbacks::in_worker;
  if (name == "call")
    return run_calls(rounds);
  if (name == "echo")
    return run_messages<echoing>(1, rounds, in_worker);
  if (name == "echo-in-connection")
    return run_messages<echoing>(1, rounds, callsign::callbacks::in_connection);
  if (name == "broadcast")
    return run_messages<relaying>(20, rounds, in_worker);
  throw std::runtime_error{"no such script"};
}

} // namespace
} // namespace bench::guard

int main(int count, char** words) {
  testing::InitGoogleTest(&count, words); // the kit reports what is wrong through it
  try {
    if (count != 3)
      throw std::runtime_error{"a script and a number of rounds are needed"};
    const std::size_t counted = bench::guard::run(words[1], std::stoul(words[2]));
    if (testing::UnitTest::GetInstance()->Failed())
      return 1;
    std::printf("%zu\n", counted);
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
