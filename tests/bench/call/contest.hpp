#pragma once

#include <benchmark/benchmark.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <latch>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <malloc.h>

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

/// Keeps how long each of many things took, for the counters `p50_us` and `p99_us`.
class stopwatch {
public:
  void start() { began_ = std::chrono::steady_clock::now(); }
  void stop() {
    times_.push_back(
        std::chrono::duration<double, std::micro>{std::chrono::steady_clock::now() - began_}
            .count());
  }
  void report(benchmark::State& state) {
    state.counters["p50_us"] = quantile(0.50);
    state.counters["p99_us"] = quantile(0.99);
  }

private:
  double quantile(double share) {
    if (times_.empty())
      return 0;
    const auto at = static_cast<std::ptrdiff_t>(share * static_cast<double>(times_.size() - 1));
    std::nth_element(times_.begin(), times_.begin() + at, times_.end());
    return times_[static_cast<std::size_t>(at)];
  }

  std::chrono::steady_clock::time_point began_;
  std::vector<double> times_;
};

/// Measures `go`, which returns to a plain thread with an answer.
template <class Trip>
void measure_trips(benchmark::State& state, const Trip& go) {
  stopwatch watch;
  for ([[maybe_unused]] auto unused : state) {
    watch.start();
    go();
    watch.stop();
  }
  watch.report(state);
  state.SetItemsProcessed(state.iterations());
}

/// Measures the time from a call by a plain thread until that thread has the answer.
///
/// The thread sleeps meanwhile, as one that has better things to do does.
template <class Post>
void measure_round_trip(benchmark::State& state, tally& received, const Post& post) {
  measure_trips(state, [&] {
    received.expect(1);
    post();
    received.wait();
  });
}

/// The proportional set size of this process, in bytes.
inline std::int64_t proportional_set_size() {
  std::ifstream file{"/proc/self/smaps_rollup"};
  for (std::string word; file >> word;) {
    std::int64_t kibibytes = 0;
    if (word == "Pss:" && file >> kibibytes)
      return kibibytes * 1024;
  }
  return 0;
}

/// What this process has from the heap and uses, in bytes, with the allocator's own words.
inline std::int64_t bytes_in_use() {
  const auto all = ::mallinfo2();
  return static_cast<std::int64_t>(all.uordblks + all.hblkhd);
}

/// Receivers that `create_by_first_call` makes at once, and that `idle_memory` makes in all.
constexpr std::int64_t created_at_once = 1'000;
constexpr std::int64_t idle_receivers = 100'000;

/// Measures how long it takes until each of many new receivers has run its first task.
///
/// `make` returns what holds them and will end them; its `call_new(task)` makes one more and has it
/// run the task. Holder and end are not measured. All receivers must share one thread.
template <class Make>
void measure_creation(benchmark::State& state, const Make& make) {
  tally received;
  for ([[maybe_unused]] auto unused : state) {
    state.PauseTiming();
    auto all = make();
    received.expect(static_cast<std::uint64_t>(created_at_once));
    state.ResumeTiming();
    for (std::int64_t i = 0; i < created_at_once; ++i)
      all->call_new([&received] { received.count_one(); });
    received.wait();
    state.PauseTiming();
    all.reset();
    state.ResumeTiming();
  }
  state.SetItemsProcessed(state.iterations() * created_at_once);
}

/// Measures by how much this process grows with each receiver that has run one task and is idle, as
/// the counter `bytes_each`, and how much of it the heap has lent, as `heap_bytes_each`. In a
/// process of its own: what another benchmark has freed would be used first, and nothing would
/// grow.
///
/// If it has `settle`, that is called when all have run their task.
template <class Make>
void measure_idle_memory(benchmark::State& state, const Make& make) {
  double bytes_each = 0;
  double lent_each = 0;
  for ([[maybe_unused]] auto unused : state) {
    tally received;
    auto all = make();
    const auto grow = [&](std::int64_t how_many) {
      received.expect(static_cast<std::uint64_t>(how_many));
      for (std::int64_t i = 0; i < how_many; ++i)
        all->call_new([&received] { received.count_one(); });
      received.wait();
      if constexpr (requires { all->settle(); })
        all->settle();
    };
    const auto each = [](std::int64_t bytes) {
      return static_cast<double>(bytes) / static_cast<double>(idle_receivers);
    };
    grow(1'000);
    const auto before = proportional_set_size();
    const auto lent_before = bytes_in_use();
    grow(idle_receivers);
    bytes_each = each(proportional_set_size() - before);
    lent_each = each(bytes_in_use() - lent_before);
  }
  state.SetItemsProcessed(state.iterations() * idle_receivers);
  state.counters["bytes_each"] = bytes_each;
  state.counters["heap_bytes_each"] = lent_each;
}

/// Registers a benchmark of throughput with one producer and four.
inline void with_producers(benchmark::internal::Benchmark* benchmark) {
  benchmark->ArgName("producers")->Arg(1)->Arg(4)->UseRealTime()->MeasureProcessCPUTime();
  benchmark->Unit(benchmark::kMillisecond);
}

/// Registers a benchmark of creation.
inline void as_creation(benchmark::internal::Benchmark* benchmark) {
  benchmark->UseRealTime()->Unit(benchmark::kMillisecond);
}

/// Registers a benchmark of memory, which is measured once: what was freed is kept by the process.
inline void as_memory(benchmark::internal::Benchmark* benchmark) {
  benchmark->UseRealTime()->Iterations(1)->Unit(benchmark::kMillisecond);
}

/// Registers a benchmark of the round trip.
inline void with_one_caller(benchmark::internal::Benchmark* benchmark) {
  benchmark->UseRealTime()->MeasureProcessCPUTime()->Unit(benchmark::kMicrosecond);
}

} // namespace bench::call
