#pragma once

#include <benchmark/benchmark.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <latch>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <vector>

namespace bench::call {

/// Counts the tasks that have run; the thread that waits is woken once, by the last.
///
/// @context  `count_one` from one thread at a time, the receiver's; `wait_for` from another
class tally {
public:
  /// Starts anew, so that the `awaited`th `count_one` ends the wait.
  void expect(std::uint64_t awaited) {
    const std::lock_guard lock{mutex_};
    counted_ = 0;
    awaited_ = awaited;
    is_done_ = false;
  }

  void count_one() {
    // The receiver runs one task at a time, and only it counts.
    if (++counted_ != awaited_)
      return;
    {
      const std::lock_guard lock{mutex_};
      is_done_ = true;
    }
    done_.notify_one();
  }

  /// @errors  `std::runtime_error` when tasks are missing after a minute
  void wait() {
    std::unique_lock lock{mutex_};
    if (!done_.wait_for(lock, std::chrono::minutes{1}, [this] { return is_done_; }))
      throw std::runtime_error{"tasks were lost"};
  }

private:
  std::uint64_t counted_ = 0;
  std::uint64_t awaited_ = 0;
  std::mutex mutex_;
  std::condition_variable done_;
  bool is_done_ = false;
};

/// Calls that each producer makes in one iteration.
constexpr std::uint64_t calls_per_producer = 50'000;

/// Measures `post`, which makes one call to one receiver, from as many producers as the benchmark's
/// argument says.
///
/// An iteration lasts from the first call until the last task has run. Reported are calls per
/// second of real time, and the processor time of all threads for each call. `received` is what the
/// tasks count on; its receiver must run one task at a time.
template <class Post>
void measure_throughput(benchmark::State& state, tally& received, const Post& post) {
  const auto producers = static_cast<std::size_t>(state.range(0));
  const std::uint64_t calls = producers * calls_per_producer;
  for ([[maybe_unused]] auto unused : state) {
    received.expect(calls);
    std::latch start{static_cast<std::ptrdiff_t>(producers)};
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < producers; ++i) {
      threads.emplace_back([&start, &post] {
        start.arrive_and_wait();
        for (std::uint64_t call = 0; call < calls_per_producer; ++call)
          post();
      });
    }
    received.wait();
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(calls));
}

/// Measures the time from a call by a plain thread until that thread has the answer.
///
/// The thread sleeps meanwhile, as one that has better things to do does.
template <class Post>
void measure_round_trip(benchmark::State& state, tally& received, const Post& post) {
  for ([[maybe_unused]] auto unused : state) {
    received.expect(1);
    post();
    received.wait();
  }
  state.SetItemsProcessed(state.iterations());
}

/// Registers a benchmark of throughput with one producer and four.
inline void with_producers(benchmark::internal::Benchmark* benchmark) {
  benchmark->ArgName("producers")->Arg(1)->Arg(4)->UseRealTime()->MeasureProcessCPUTime();
  benchmark->Unit(benchmark::kMillisecond);
}

/// Registers a benchmark of the round trip.
inline void with_one_caller(benchmark::internal::Benchmark* benchmark) {
  benchmark->UseRealTime()->MeasureProcessCPUTime()->Unit(benchmark::kMicrosecond);
}

} // namespace bench::call
