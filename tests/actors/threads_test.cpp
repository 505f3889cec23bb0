// Workers on real threads: who runs where, and what holds when everybody does everything at once.
// Rules W-10, W-15, W-25, W-34, W-38, design.md section 3.

#include "tests/actors/waiting.hpp"

#include "actors/src/worker_system.hpp"

#include <callsign/workers.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

namespace {

using namespace callsign;
using namespace std::chrono_literals;
using callsign::tests::event;
using testing::HasSubstr;

class Threads : public testing::Test {
protected:
  static workers_options quiet(std::size_t threads = 0) {
    return {.threads = threads, .interrupts = signals::left_alone, .long_task = 0ms};
  }
};

TEST_F(Threads, ATaskDoesNotRunInTheThreadThatCalls) {
  workers set{quiet()};
  event ran;
  std::thread::id where;
  set.call("bob", [&] {
    where = std::this_thread::get_id();
    ran.happens();
  });
  ASSERT_TRUE(ran.has_happened());
  EXPECT_NE(where, std::this_thread::get_id());
}

TEST_F(Threads, FourWorkersMayRunAtOnceOnAnyMachine) {
  workers set{quiet()};
  event all{4};
  event done{4};
  for (int i = 0; i < 4; ++i) {
    set.call("worker " + std::to_string(i), [&] {
      all.happens();
      EXPECT_TRUE(all.has_happened());
      done.happens();
    });
  }
  EXPECT_TRUE(done.has_happened());
}

// W-25: a worker that always has something to do gives its thread back all the same.
TEST_F(Threads, AWorkerThatIsAlwaysBusyDoesNotKeepAThreadOfThePoolFromOthers) {
  struct again {
    std::shared_ptr<event> begun;
    void operator()(worker& self) {
      if (begun != nullptr)
        begun->happens();
      self.call(self.name(), again{});
    }
  };
  constexpr int pool = 4;
  workers set{quiet(pool)};
  const auto all_begun = std::make_shared<event>(pool);
  for (int i = 0; i < pool; ++i)
    set.call("busy " + std::to_string(i), again{all_begun});
  ASSERT_TRUE(all_begun->has_happened());

  event ran;
  set.call("bob", [&] { ran.happens(); });

  EXPECT_TRUE(ran.has_happened());
}

// design.md section 4: a drain handles a bounded number of entries, then others have the thread.
TEST_F(Threads, AWorkerThatNeverRunsDryLeavesTheOnlyThreadOfThePoolToOthers) {
  std::atomic<bool> is_over{false};
  event ran;
  workers set{quiet(1)};
  struct again {
    std::atomic<bool>* is_over;
    void operator()(worker& self) const {
      if (!*is_over)
        self.call(self.name(), again{*this});
    }
  };
  set.call("busy", again{&is_over});
  set.call("other", [&] { ran.happens(); });
  EXPECT_TRUE(ran.has_happened());
  is_over = true;
}

// T-4, W-10, W-15
TEST_F(Threads, FourProducersEachSeeTheirCallsRunInOrderAndNeverTwoAtOnce) {
  constexpr int producers = 4;
  constexpr int calls = 20'000;
  workers set{quiet()};
  std::array<int, producers> next{};
  std::atomic<int> inside{0};
  event done{producers};
  std::vector<std::jthread> threads;
  for (int p = 0; p < producers; ++p) {
    threads.emplace_back([&, p] {
      for (int n = 0; n < calls; ++n) {
        set.call("bob", [&, p, n] {
          EXPECT_EQ(inside.fetch_add(1), 0);
          EXPECT_EQ(next[static_cast<std::size_t>(p)]++, n);
          if (n == calls - 1)
            done.happens();
          inside.fetch_sub(1);
        });
      }
    });
  }
  EXPECT_TRUE(done.has_happened());
}

// W-8
TEST_F(Threads, AThreadThatIsNoWorkerCallsAndCannotBeCalled) {
  workers set{quiet()};
  event ran;
  std::jthread{[&] {
    EXPECT_EQ(set.call("bob", [&] { ran.happens(); }), call_result::created);
  }}.join();
  EXPECT_TRUE(ran.has_happened());
  std::vector<std::string> names;
  for (const auto& one : set.list())
    names.push_back(one.name);
  EXPECT_THAT(names, testing::UnorderedElementsAre("main", "bob")) << "the thread has no box";
}

TEST_F(Threads, AWorkerWithAThreadOfItsOwnMayBlockWhileOthersGoOn) {
  workers set{quiet(1)};
  event others_went_on;
  event done;
  set.hire("slow", runs_on::own_thread);
  set.call("slow", [&](worker& self) {
    self.call("quick", [&] { others_went_on.happens(); });
    EXPECT_TRUE(others_went_on.has_happened());
    done.happens();
  });
  EXPECT_TRUE(done.has_happened());
}

TEST_F(Threads, AWorkerWithAThreadOfItsOwnStaysThere) {
  workers set{quiet()};
  set.hire("bob", runs_on::own_thread);
  std::array<std::thread::id, 100> seen;
  event done;
  for (std::size_t i = 0; i < seen.size(); ++i) {
    set.call("bob", [&, i](worker& self) {
      seen[i] = std::this_thread::get_id();
      // Through another worker, so that the wake-up comes from another thread.
      self.call("ana", [&, i](worker& ana) {
        ana.call("bob", [&, i] {
          EXPECT_EQ(std::this_thread::get_id(), seen[0]);
          if (i == seen.size() - 1)
            done.happens();
        });
      });
    });
  }
  ASSERT_TRUE(done.has_happened());
  EXPECT_EQ(std::ranges::count(seen, seen[0]), static_cast<std::ptrdiff_t>(seen.size()));
}

/// Holds up the end of a thread until it may go on.
struct lingerer {
  event* leaving = nullptr;
  event* go_on = nullptr;
  ~lingerer() {
    if (leaving == nullptr)
      return;
    leaving->happens();
    EXPECT_TRUE(go_on->has_happened());
  }
};

TEST_F(Threads, AThreadThatIsLongInLeavingHoldsUpNoOtherWorker) {
  event leaving;
  event go_on;
  workers set{quiet()};
  set.hire("bob", runs_on::own_thread);
  set.call("bob", [&](worker& self) {
    thread_local lingerer lingers;
    lingers.leaving = &leaving;
    lingers.go_on = &go_on;
    self.kill();
  });
  ASSERT_TRUE(leaving.has_happened());

  event ran;
  set.hire("ana", runs_on::own_thread);
  set.call("ana", [&] { ran.happens(); });
  EXPECT_TRUE(ran.has_happened());

  go_on.happens();
}

// CAF hands the unit of the running actor on to every actor it sends to.
TEST_F(Threads, ATaskCalledFromAnOwnThreadRunsOnThePool) {
  workers set{quiet()};
  set.hire("own", runs_on::own_thread);
  event done;
  set.call("own", [&] {
    const auto here = std::this_thread::get_id();
    set.call("pooled", [&, here] {
      EXPECT_NE(std::this_thread::get_id(), here);
      done.happens();
    });
  });
  EXPECT_TRUE(done.has_happened());
}

// W-44, W-45
TEST_F(Threads, ATaskThatLooksWhetherItShouldEndDoesNotHoldUpTheEndOfTheSet) {
  workers set{quiet()};
  event running;
  bool saw_it = false;
  set.hire("bob", runs_on::own_thread);
  set.call("bob", [&](worker& self) {
    running.happens();
    const auto limit = std::chrono::steady_clock::now() + 10s;
    while (!saw_it && std::chrono::steady_clock::now() < limit)
      saw_it = self.is_end_requested();
  });
  ASSERT_TRUE(running.has_happened());

  set.stop();

  EXPECT_TRUE(saw_it);
}

// -- the main worker: W-38 ------------------------------------------------------------------------

TEST_F(Threads, TheMainWorkerRunsInsideTheWait) {
  workers set{quiet()};
  std::thread::id where;
  set.call("bob", [&](worker& self) {
    self.call(main_worker, [&] {
      where = std::this_thread::get_id();
      set.interrupt();
    });
  });
  set.wait_for_interrupt();
  EXPECT_EQ(where, std::this_thread::get_id());
}

TEST_F(Threads, AMainWorkerThatAlwaysHasSomethingToDoDoesNotMissAnInterrupt) {
  struct again {
    void operator()(worker& self) const { self.call(main_worker, again{}); }
  };
  workers set{quiet()};
  event running;
  set.call(main_worker, again{});
  set.call(main_worker, [&] { running.happens(); });
  const std::jthread other{[&] {
    EXPECT_TRUE(running.has_happened());
    set.interrupt();
  }};
  set.wait_for_interrupt();
}

TEST_F(Threads, CallsGoRoundBetweenMainPoolAndOwnThreadWithoutALostWakeUp) {
  constexpr int rounds = 5'000;
  struct hop {
    int* left;
    void operator()(worker& self) const {
      if (--*left <= 0) {
        self.set().interrupt();
      } else if (self.name() == "pooled") {
        self.call("own", hop{left});
      } else if (self.name() == "own") {
        self.call(main_worker, hop{left});
      } else {
        self.call("pooled", hop{left});
      }
    }
  };
  workers set{quiet()};
  set.hire("own", runs_on::own_thread);
  int left = rounds;
  set.call("pooled", hop{&left});
  set.wait_for_interrupt();
  EXPECT_EQ(left, 0);
}

// -- numbers --------------------------------------------------------------------------------------

// Whoever sees a number can use it, even while the call that makes the worker has not returned.
TEST_F(Threads, ANumberIsGoodAsSoonAsItCanBeSeen) {
  workers set{quiet()};
  for (int i = 0; i < 300; ++i) {
    const std::string name = "worker " + std::to_string(i);
    std::atomic<bool> go{false};
    const std::jthread watcher{[&] {
      go = true;
      worker_number number = 0;
      while ((number = set.number_of(name)) == 0)
        std::this_thread::yield();
      EXPECT_EQ(set.call(number, [] {}), call_result::queued);
      const auto info = set.info(number);
      ASSERT_TRUE(info);
      EXPECT_NE(info->created, std::chrono::system_clock::time_point{});
    }};
    while (!go)
      std::this_thread::yield();
    set.call(name, [] {});
  }
}

// -- threads that cannot be had -------------------------------------------------------------------

class NoThreads : public Threads {
protected:
  detail::system_hooks hooks() {
    detail::system_hooks made;
    made.make_thread = [this](std::function<void()> run) {
      if (are_scarce)
        throw std::system_error(std::make_error_code(std::errc::resource_unavailable_try_again));
      return std::thread{std::move(run)};
    };
    return made;
  }
  std::atomic<bool> are_scarce{false};
};

TEST_F(NoThreads, AreAnErrorAtTheCallThatNeedsOneAndTheNameStaysUsable) {
  workers set{detail::make_worker_system(quiet(), hooks())};
  std::vector<std::string> warnings;
  set.on_warning([&](const std::string& line) { warnings.push_back(line); });
  are_scarce = true;

  EXPECT_THROW(set.hire("bob", runs_on::own_thread), std::system_error);
  EXPECT_THROW(
      set.call("bob", [] { ADD_FAILURE() << "ran although the caller was told it would not"; }),
      std::system_error);

  EXPECT_EQ(set.number_of("bob"), 0u);
  EXPECT_THAT(warnings,
              testing::ElementsAre(HasSubstr("\"bob\""), HasSubstr("1 task was dropped")));
  are_scarce = false;
  event ran;
  set.call("bob", [&](worker& self) {
    EXPECT_EQ(self.set().info(self.number())->kind, runs_on::own_thread);
    ran.happens();
  });
  EXPECT_TRUE(ran.has_happened());
}

TEST_F(NoThreads, ForTheNextIncarnationAreAWarningBecauseNobodyCanBeTold) {
  workers set{detail::make_worker_system(quiet(), hooks())};
  event warned;
  set.on_warning([&](const std::string& line) {
    EXPECT_THAT(line, HasSubstr("1 task was dropped"));
    warned.happens();
  });
  set.hire("bob", runs_on::own_thread);
  set.call("bob", [&](worker& self) {
    are_scarce = true;
    self.kill();
    self.call("ana", [&](worker& ana) {
      ana.call("bob", [] { ADD_FAILURE() << "ran without a thread"; });
    });
    event called;
    self.call("ana", [&] { called.happens(); });
    EXPECT_TRUE(called.has_happened());
  });
  EXPECT_TRUE(warned.has_happened());
  are_scarce = false;
  event ran;
  set.call("bob", [&] { ran.happens(); });
  EXPECT_TRUE(ran.has_happened());
}

TEST_F(NoThreads, AreToldToWhoeverBeginsToWatchMeanwhile) {
  workers* all = nullptr;
  event told;
  detail::system_hooks made;
  made.make_thread = [&](const std::function<void()>&) -> std::thread {
    event watched;
    all->call("ana", [&](worker& ana) {
      ana.watch("bob", [&](worker&, const worker_end& end) {
        EXPECT_EQ(end.why, why_ended::never_began);
        told.happens();
      });
      watched.happens();
    });
    EXPECT_TRUE(watched.has_happened());
    throw std::system_error(std::make_error_code(std::errc::resource_unavailable_try_again));
  };
  workers set{detail::make_worker_system(quiet(), std::move(made))};
  set.on_warning([](const std::string&) {});
  all = &set;

  EXPECT_THROW(set.hire("bob", runs_on::own_thread), std::system_error);

  EXPECT_TRUE(told.has_happened());
}

TEST_F(NoThreads, PileUpWhenOwnThreadWorkersComeAndGo) {
  std::atomic<int> alive{0};
  std::atomic<int> most{0};
  detail::system_hooks made;
  made.make_thread = [&](std::function<void()> run) {
    return std::thread{[&, run = std::move(run)] {
      most = std::max(most.load(), ++alive);
      run();
      --alive;
    }};
  };
  {
    workers set{detail::make_worker_system(quiet(), std::move(made))};
    for (int i = 0; i < 200; ++i) {
      set.hire("bob", runs_on::own_thread);
      event ran;
      set.call("bob", [&](worker& self) {
        self.kill();
        ran.happens();
      });
      ASSERT_TRUE(ran.has_happened());
    }
  }
  EXPECT_EQ(alive, 0);
  EXPECT_LT(most, 100) << "of 200";
}

// -- everybody does everything at once ------------------------------------------------------------

TEST_F(Threads, NoCallIsLostOrDoubledAndNoNameRunsTwiceHoweverTheyAreCalledKilledAndAborted) {
  constexpr int rounds = 4'000;
  struct account {
    std::atomic<std::uint64_t> accepted{0};
    std::atomic<std::uint64_t> ran{0};
    std::atomic<int> inside{0};
    std::atomic<worker_number> last{0};
  };
  const std::vector<std::string> names{"pooled", "pooled too", "own", "own too"};
  std::map<std::string, account> accounts;
  for (const auto& name : names)
    accounts[name];
  static constexpr process_variable<worker_number> MINE{"MINE"};

  workers set{quiet()};
  set.hire("own", runs_on::own_thread);
  set.hire("own too", runs_on::own_thread);
  const auto work = [](account& of) {
    return [&of](worker& self) {
      EXPECT_EQ(of.inside.fetch_add(1), 0) << "two tasks of one name at once";
      if (self[MINE] == 0)
        self[MINE] = self.number();
      EXPECT_EQ(self[MINE], self.number()) << "variables of another life";
      EXPECT_LE(of.last.exchange(self.number()), self.number())
          << "an earlier life after a later one";
      ++of.ran;
      of.inside.fetch_sub(1);
    };
  };
  const auto accept = [](account& of, call_result result) {
    if (result == call_result::queued || result == call_result::created)
      ++of.accepted;
  };
  {
    std::vector<std::jthread> threads;
    for (unsigned t = 0; t < 4; ++t) {
      threads.emplace_back([&, t] {
        for (unsigned n = 0; n < rounds; ++n) {
          const auto& name = names[(n / 3 + t) % names.size()];
          auto& of = accounts.at(name);
          accept(of, set.call(name, work(of)));
          switch ((n + t) % 16) {
          case 0: set.kill(name); break;
          case 4: set.abort(name); break;
          case 8: set.kill(set.number_of(name)); break;
          case 12: accept(of, set.call(set.number_of(name), work(of))); break;
          case 14: std::ignore = set.list(); break;
          default: break;
          }
        }
      });
    }
  }
  for (const auto& name : names) {
    auto& of = accounts.at(name);
    event last;
    std::uint64_t dropped = 0;
    set.call(name, [&](worker& self) {
      dropped = set.info(self.number())->dropped_by_kill;
      last.happens();
    });
    ASSERT_TRUE(last.has_happened()) << name;
    // A call by number to one who is dying is refused, and counted as a drop as well.
    EXPECT_LE(of.accepted, of.ran + dropped) << name;
    EXPECT_GE(of.accepted, of.ran) << name;
    EXPECT_GT(of.ran, 0u) << name;
  }
}

TEST_F(Threads, TheSetMayEndWhileEverybodyCalls) {
  for (int i = 0; i < 20; ++i) {
    workers set{quiet(4)};
    std::atomic<std::uint64_t> accepted{0};
    std::atomic<std::uint64_t> ran{0};
    std::atomic<std::uint64_t> refused{0};
    event begun{3};
    std::vector<std::jthread> threads;
    for (int t = 0; t < 3; ++t) {
      threads.emplace_back([&, t] {
        for (int n = 0; refused < 100; ++n) {
          const auto result = set.call("worker " + std::to_string((n + t) % 10), [&] { ++ran; });
          ++(result == call_result::shutting_down ? refused : accepted);
          if (n == 50)
            begun.happens();
        }
      });
    }
    ASSERT_TRUE(begun.has_happened());
    set.stop();
    threads.clear();
    EXPECT_EQ(accepted + refused, ran + set.dropped_at_shutdown());
  }
}

TEST_F(Threads, SeveralMayStopTheSetAndEachReturnsWhenItHasEnded) {
  workers set{quiet()};
  event inside;
  event go_on;
  std::atomic<bool> ended{false};
  set.call("bob", [&] {
    inside.happens();
    EXPECT_TRUE(go_on.has_happened());
    ended = true;
  });
  ASSERT_TRUE(inside.has_happened());
  std::vector<std::jthread> threads;
  event calling{3};
  for (int t = 0; t < 3; ++t) {
    threads.emplace_back([&] {
      calling.happens();
      set.stop();
      EXPECT_TRUE(ended);
    });
  }
  threads.emplace_back([&] {
    set.wait_for_interrupt();
    EXPECT_TRUE(ended);
  });
  ASSERT_TRUE(calling.has_happened());
  go_on.happens();
}

} // namespace
