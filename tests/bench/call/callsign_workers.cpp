// Calls to a named worker, as an application makes them.

#include "call/contest.hpp"

#include <callsign/workers.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

namespace bench::call {
namespace {

using callsign::workers;

/// As many threads as the peers have, so that the comparison is one of queues.
callsign::workers_options one_thread() {
  return {.threads = 1, .interrupts = callsign::signals::left_alone};
}

/// The name is looked up at each call.
void callsign_call_by_name(benchmark::State& state) {
  tally received;
  workers all{one_thread()};
  measure_throughput(state, received,
                     [&] { all.call("receiver", [&received] { received.count_one(); }); });
}
BENCHMARK(callsign_call_by_name)->Apply(with_producers);

void callsign_call_by_number(benchmark::State& state) {
  tally received;
  workers all{one_thread()};
  all.hire("receiver", callsign::runs_on::pool);
  const callsign::worker_number number = all.number_of("receiver");
  measure_throughput(state, received,
                     [&] { all.call(number, [&received] { received.count_one(); }); });
}
BENCHMARK(callsign_call_by_number)->Apply(with_producers);

void callsign_call_to_own_thread(benchmark::State& state) {
  tally received;
  workers all{one_thread()};
  all.hire("receiver", callsign::runs_on::own_thread);
  measure_throughput(state, received,
                     [&] { all.call("receiver", [&received] { received.count_one(); }); });
}
BENCHMARK(callsign_call_to_own_thread)->Apply(with_producers);

void callsign_round_trip(benchmark::State& state) {
  tally received;
  workers all{one_thread()};
  measure_round_trip(state, received,
                     [&] { all.call("receiver", [&received] { received.count_one(); }); });
}
BENCHMARK(callsign_round_trip)->Apply(with_one_caller);

/// A plain thread asks, and sleeps until the answer is there.
void callsign_ask_from_a_thread(benchmark::State& state) {
  workers all{one_thread()};
  int answers = 0;
  measure_trips(state, [&] { answers += all.ask("receiver", [] { return 1; }).get(); });
  if (answers != state.iterations())
    state.SkipWithError("answers were lost");
}
BENCHMARK(callsign_ask_from_a_thread)->Apply(with_one_caller);

/// A worker that asks another, and asks again when it has the answer.
class asker {
public:
  asker(stopwatch& watch, tally& answered) : watch_{watch}, answered_{answered} {}

  void ask(callsign::worker& self) {
    watch_.start();
    self.ask(
        "receiver", [] { return 1; },
        [this](callsign::worker& me, callsign::answer<int>) {
          watch_.stop();
          // Before the last is counted: then the next round sets it anew.
          const bool goes_on = --left > 0;
          answered_.count_one();
          if (goes_on)
            ask(me);
        });
  }

  std::uint64_t left = 0;

private:
  stopwatch& watch_;
  tally& answered_;
};

/// From the question to the continuation, one question at a time.
void callsign_ask_between_workers_one_at_a_time(benchmark::State& state) {
  constexpr std::uint64_t asks = 2'000;
  stopwatch watch;
  tally answered;
  workers all{{.threads = static_cast<std::size_t>(state.range(0)),
               .interrupts = callsign::signals::left_alone}};
  asker one{watch, answered};
  for ([[maybe_unused]] auto unused : state) {
    answered.expect(asks);
    one.left = asks;
    all.call("asker", [&one](callsign::worker& self) { one.ask(self); });
    answered.wait();
  }
  watch.report(state);
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(asks));
}
BENCHMARK(callsign_ask_between_workers_one_at_a_time)
    ->ArgName("threads")
    ->Arg(1)
    ->Arg(4)
    ->UseRealTime()
    ->MeasureProcessCPUTime()
    ->Unit(benchmark::kMillisecond);

/// The whole price of an ask between workers: the question, its deadline, the answer, the
/// continuation.
void callsign_ask_between_workers(benchmark::State& state) {
  constexpr std::uint64_t asks = 50'000;
  tally received;
  workers all{one_thread()};
  for ([[maybe_unused]] auto unused : state) {
    received.expect(asks);
    all.call("asker", [&received](callsign::worker& self) {
      for (std::uint64_t i = 0; i < asks; ++i) {
        self.ask(
            "receiver", [] { return 1; },
            [&received](callsign::worker&, callsign::answer<int>) { received.count_one(); });
      }
    });
    received.wait();
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(asks));
}
BENCHMARK(callsign_ask_between_workers)
    ->UseRealTime()
    ->MeasureProcessCPUTime()
    ->Unit(benchmark::kMillisecond);

/// Workers that nobody has called yet, under names like those that programs make.
class fleet {
public:
  template <class Task>
  void call_new(Task&& task) {
    all_.call("device " + std::to_string(count_++), std::forward<Task>(task));
  }

private:
  workers all_{one_thread()};
  std::uint64_t count_ = 0;
};

/// From the first call to a name that nobody has until its task has run.
void callsign_create_by_first_call(benchmark::State& state) {
  measure_creation(state, [] { return std::make_unique<fleet>(); });
}
BENCHMARK(callsign_create_by_first_call)->Apply(as_creation);

void callsign_idle_memory(benchmark::State& state) {
  measure_idle_memory(state, [] { return std::make_unique<fleet>(); });
}
BENCHMARK(callsign_idle_memory)->Apply(as_memory);

/// Workers that are hired with both hooks and an idle time.
class hooked_fleet {
public:
  explicit hooked_fleet(std::chrono::nanoseconds idle_after)
      : habits_{.idle_after = idle_after,
                .on_start = [this](callsign::worker&) { ++began_; },
                .on_passivate =
                    [this](callsign::worker&) {
                      ++left_;
                      left_.notify_one();
                    }} {}
  ~hooked_fleet() { all_.stop(); }
  hooked_fleet(const hooked_fleet&) = delete;
  hooked_fleet& operator=(const hooked_fleet&) = delete;

  template <class Task>
  void call_new(Task&& task) {
    const auto name = "device " + std::to_string(count_++);
    all_.hire(name, habits_);
    all_.call(name, std::forward<Task>(task));
  }

protected:
  /// Waits until all have been passivated.
  void await_ends() {
    // Those that live would keep who waits for them, so first until only ends are left to do. Some
    // have had more than one life.
    for (auto seen = left_.load(); seen != began_.load(); seen = left_.load())
      left_.wait(seen);
    for (; ended_ < count_; ++ended_) {
      if (!all_.await_end("device " + std::to_string(ended_), std::chrono::minutes{1}))
        throw std::runtime_error{"a worker did not end"};
    }
  }

private:
  workers all_{one_thread()};
  std::atomic<std::uint64_t> began_{0};
  std::atomic<std::uint64_t> left_{0};
  const callsign::hire_options habits_;
  std::uint64_t count_ = 0;
  std::uint64_t ended_ = 0;
};

void callsign_idle_memory_with_hooks(benchmark::State& state) {
  measure_idle_memory(state, [] { return std::make_unique<hooked_fleet>(std::chrono::hours{1}); });
}
BENCHMARK(callsign_idle_memory_with_hooks)->Apply(as_memory);

/// The same when it has been idle for too long: only the name is left, and what is known of it.
class passivated_fleet : public hooked_fleet {
public:
  passivated_fleet() : hooked_fleet{std::chrono::milliseconds{1}} {}
  void settle() { await_ends(); }
};

void callsign_passivated_memory(benchmark::State& state) {
  measure_idle_memory(state, [] { return std::make_unique<passivated_fleet>(); });
}
BENCHMARK(callsign_passivated_memory)->Apply(as_memory);

} // namespace
} // namespace bench::call
