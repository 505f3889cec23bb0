// Something that each thread of the pool is to do once.

#include "actors/src/pool_threads.hpp"
#include "actors/src/worker_system.hpp"
#include "tests/actors/waiting.hpp"

#include <callsign/workers.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <mutex>
#include <set>
#include <thread>

namespace {

using namespace callsign;
using namespace std::chrono_literals;

std::mutex lock;
std::set<std::thread::id> seen;
std::size_t runs = 0;

void is_here() noexcept {
  const std::scoped_lock guard{lock};
  seen.insert(std::this_thread::get_id());
  ++runs;
}

TEST(EachPoolThread, IsVisited) {
  constexpr std::size_t threads = 3;
  workers set{{.threads = threads, .interrupts = signals::left_alone, .long_task = 0ms}};
  const auto until = std::chrono::steady_clock::now() + tests::long_enough;
  std::size_t rounds = 0;

  // On a busy machine one or the other comes too late now and then.
  for (bool is_over = false; !is_over && std::chrono::steady_clock::now() < until;) {
    detail::run_on_pool_threads(set.system().actors(), &is_here);
    ++rounds;
    for (bool have_all_run = false; !have_all_run && std::chrono::steady_clock::now() < until;) {
      const std::scoped_lock guard{lock};
      have_all_run = runs == threads * rounds;
      is_over = seen.size() == threads;
    }
  }

  const std::scoped_lock guard{lock};
  EXPECT_EQ(seen.size(), threads);
  EXPECT_EQ(runs, threads * rounds);
  EXPECT_FALSE(seen.contains(std::this_thread::get_id()));
}

} // namespace
