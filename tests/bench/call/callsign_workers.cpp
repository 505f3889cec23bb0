// Calls to a named worker, as an application makes them.

#include "call/contest.hpp"

#include <callsign/workers.hpp>

#include <cstdint>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace bench::call {
namespace {

using callsign::workers;

/// As many threads as the peers have, so that the comparison is one of queues.
callsign::workers_options one_thread() {
  return {.threads = 1, .interrupts = callsign::signals::left_alone};
}

/// In bytes.
std::int64_t proportional_set_size() {
  std::ifstream file{"/proc/self/smaps_rollup"};
  for (std::string word; file >> word;) {
    std::int64_t kibibytes = 0;
    if (word == "Pss:" && file >> kibibytes)
      return kibibytes * 1024;
  }
  return 0;
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
  for ([[maybe_unused]] auto unused : state)
    answers += all.ask("receiver", [] { return 1; }).get();
  state.SetItemsProcessed(answers);
}
BENCHMARK(callsign_ask_from_a_thread)->Apply(with_one_caller);

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

/// From the first call to a name that nobody has until its task has run.
void callsign_create_by_first_call(benchmark::State& state) {
  constexpr std::int64_t batch = 1'000;
  tally received;
  for ([[maybe_unused]] auto unused : state) {
    state.PauseTiming();
    auto all = std::make_unique<workers>(one_thread());
    std::vector<std::string> names;
    for (std::int64_t i = 0; i < batch; ++i)
      names.push_back("worker " + std::to_string(i));
    received.expect(static_cast<std::uint64_t>(batch));
    state.ResumeTiming();
    for (const std::string& name : names)
      all->call(name, [&received] { received.count_one(); });
    received.wait();
    state.PauseTiming();
    all.reset();
    state.ResumeTiming();
  }
  state.SetItemsProcessed(state.iterations() * batch);
}
BENCHMARK(callsign_create_by_first_call)->UseRealTime()->Unit(benchmark::kMillisecond);

/// The growth of this process's proportional set size by 100 000 named workers that have run one
/// task each and are idle.
void callsign_idle_memory(benchmark::State& state) {
  constexpr std::int64_t count = 100'000;
  double bytes_each = 0;
  for ([[maybe_unused]] auto unused : state) {
    tally received;
    workers all{one_thread()};
    const auto make = [&](std::string_view kind, std::int64_t how_many) {
      received.expect(static_cast<std::uint64_t>(how_many));
      for (std::int64_t i = 0; i < how_many; ++i)
        all.call(std::string{kind} + std::to_string(i), [&received] { received.count_one(); });
      received.wait();
    };
    make("first ", 1'000);
    const auto before = proportional_set_size();
    make("device ", count);
    bytes_each = static_cast<double>(proportional_set_size() - before) / static_cast<double>(count);
  }
  state.SetItemsProcessed(state.iterations() * count);
  state.counters["bytes_each"] = bytes_each;
}
BENCHMARK(callsign_idle_memory)->UseRealTime()->Iterations(1)->Unit(benchmark::kMillisecond);

} // namespace
} // namespace bench::call
