// What Callsign's worker calls are measured against, apart from CAF: an Asio strand and the
// plainest thing there is, a thread with a mutex and a condition variable.

#include "call/contest.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>

#include <functional>
#include <memory>
#include <utility>

namespace bench::call {
namespace {

/// A thread that runs functions from a locked vector, taking all that are there at once.
class function_thread {
public:
  function_thread() = default;
  ~function_thread() {
    {
      const std::lock_guard lock{mutex_};
      is_ending_ = true;
    }
    arrived_.notify_one();
  }
  function_thread(const function_thread&) = delete;
  function_thread& operator=(const function_thread&) = delete;

  void post(std::function<void()> task) {
    bool was_empty = false;
    {
      const std::lock_guard lock{mutex_};
      was_empty = tasks_.empty();
      tasks_.push_back(std::move(task));
    }
    if (was_empty)
      arrived_.notify_one();
  }

private:
  void run() {
    std::vector<std::function<void()>> taken;
    for (;;) {
      {
        std::unique_lock lock{mutex_};
        arrived_.wait(lock, [this] { return is_ending_ || !tasks_.empty(); });
        if (tasks_.empty())
          return;
        taken.swap(tasks_);
      }
      for (const std::function<void()>& task : taken)
        task();
      taken.clear();
    }
  }

  std::mutex mutex_;
  std::condition_variable arrived_;
  std::vector<std::function<void()>> tasks_;
  bool is_ending_ = false;
  // Last, so that it starts after, and ends before, everything it uses.
  std::jthread thread_{[this] { run(); }};
};

void mutex_and_condition_variable(benchmark::State& state) {
  tally received;
  function_thread receiver;
  measure_throughput(state, received,
                     [&] { receiver.post([&received] { received.count_one(); }); });
}
BENCHMARK(mutex_and_condition_variable)->Apply(with_producers);

void mutex_and_condition_variable_round_trip(benchmark::State& state) {
  tally received;
  function_thread receiver;
  measure_round_trip(state, received,
                     [&] { receiver.post([&received] { received.count_one(); }); });
}
BENCHMARK(mutex_and_condition_variable_round_trip)->Apply(with_one_caller);

void asio_strand(benchmark::State& state) {
  tally received;
  boost::asio::thread_pool pool{1};
  auto strand = boost::asio::make_strand(pool);
  measure_throughput(state, received,
                     [&] { boost::asio::post(strand, [&received] { received.count_one(); }); });
  pool.join();
}
BENCHMARK(asio_strand)->Apply(with_producers);

void asio_strand_round_trip(benchmark::State& state) {
  tally received;
  boost::asio::thread_pool pool{1};
  auto strand = boost::asio::make_strand(pool);
  measure_round_trip(state, received,
                     [&] { boost::asio::post(strand, [&received] { received.count_one(); }); });
  pool.join();
}
BENCHMARK(asio_strand_round_trip)->Apply(with_one_caller);

/// Strands that are kept; a strand without a handle is no more.
class strands {
public:
  ~strands() { pool_.join(); }

  template <class Task>
  void call_new(Task&& task) {
    all_.push_back(boost::asio::make_strand(pool_));
    boost::asio::post(all_.back(), std::forward<Task>(task));
  }

private:
  boost::asio::thread_pool pool_{1};
  std::vector<boost::asio::strand<boost::asio::thread_pool::executor_type>> all_;
};

void asio_strand_create(benchmark::State& state) {
  measure_creation(state, [] { return std::make_unique<strands>(); });
}
BENCHMARK(asio_strand_create)->Apply(as_creation);

void asio_strand_idle_memory(benchmark::State& state) {
  measure_idle_memory(state, [] { return std::make_unique<strands>(); });
}
BENCHMARK(asio_strand_idle_memory)->Apply(as_memory);

/// From the making of a thread until its first task has run, one at a time: they cannot share one.
void mutex_and_condition_variable_create(benchmark::State& state) {
  tally received;
  for ([[maybe_unused]] auto unused : state) {
    received.expect(1);
    auto one = std::make_unique<function_thread>();
    one->post([&received] { received.count_one(); });
    received.wait();
    state.PauseTiming();
    one.reset();
    state.ResumeTiming();
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(mutex_and_condition_variable_create)->UseRealTime()->Unit(benchmark::kMicrosecond);

} // namespace
} // namespace bench::call
