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
tests::event* all_have_run = nullptr;

void is_here() noexcept {
  {
    const std::scoped_lock guard{lock};
    seen.insert(std::this_thread::get_id());
  }
  all_have_run->happens();
}

TEST(EachPoolThread, IsVisited) {
  constexpr int threads = 3;
  workers set{{.threads = threads, .interrupts = signals::left_alone, .long_task = 0ms}};
  seen.clear();

  // On a machine with other work one or the other comes too late now and then.
  for (int round = 0; round < 1000 && seen.size() != threads; ++round) {
    tests::event run{threads};
    all_have_run = &run;
    detail::run_on_pool_threads(set.system().actors(), &is_here);
    ASSERT_TRUE(run.has_happened());
  }

  EXPECT_EQ(seen.size(), std::size_t{threads});
  EXPECT_FALSE(seen.contains(std::this_thread::get_id()));
}

} // namespace
