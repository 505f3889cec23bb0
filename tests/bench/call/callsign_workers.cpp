// Calls to a named worker, as an application makes them.

#include "call/contest.hpp"

#include <callsign/workers.hpp>

#include <string>

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

} // namespace
} // namespace bench::call
