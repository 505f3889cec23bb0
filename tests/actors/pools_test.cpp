// Several workers behind one name (U-24), and workers that share a thread (W-67).

#include <callsign/testkit/explore.hpp>
#include <callsign/testkit/world.hpp>

#include "tests/actors/scarce_memory.hpp"
#include "tests/actors/waiting.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <new>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <malloc.h>

namespace {

using namespace callsign;
using namespace std::chrono_literals;
using callsign::testkit::mail;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using tests::event;

class Pools : public testing::Test, public testkit::world {
protected:
  task say(std::string text) {
    return
        [this, text = std::move(text)](worker& self) { said.push_back(self.name() + ' ' + text); };
  }
  std::vector<std::string> members_of(std::string_view pool) {
    std::vector<std::string> names;
    for (const auto& one : workers().members(pool))
      names.push_back(one.name);
    return names;
  }
  std::vector<std::string> said;
};

// U-24
TEST_F(Pools, RoundRobinTakesOneAfterTheOther) {
  workers().hire_pool("p", {.least = 3});
  EXPECT_THAT(members_of("p"), IsEmpty()) << "members are made by their first calls";
  EXPECT_EQ(call("p", say("a")), call_result::created);
  for (const char* text : {"b", "c"})
    call("p", say(text));
  EXPECT_EQ(call("p", say("d")), call_result::queued);
  EXPECT_THAT(members_of("p"), ElementsAre("p/1", "p/2", "p/3"));

  expect(mail::task).to("p/2");
  expect(mail::task).to("p/1");
  expect(mail::task).to("p/1");
  expect(mail::task).to("p/3");
  EXPECT_THAT(said, ElementsAre("p/2 b", "p/1 a", "p/1 d", "p/3 c"));
  expect_silence();
}

// U-24
TEST_F(Pools, TheLeastLoadedIsTheOneForWhichTheFewestWait) {
  workers().hire_pool("p", {.least = 3, .by = sharing::least_loaded});
  call("p/1", [] {});
  call("p/1", [] {});
  call("p/2", [] {});
  for (const char* text : {"a", "b", "c", "d"})
    call("p", say(text));
  run();
  EXPECT_THAT(said, testing::UnorderedElementsAre("p/3 a", "p/2 b", "p/3 c", "p/1 d"));
}

// U-24
TEST_F(Pools, OneKeyIsOneWorkerInOrder) {
  workers().hire_pool("p", {.least = 4});
  std::map<std::string, std::vector<std::string>> ran; // by key
  std::map<std::string, std::set<std::string>> where;
  const auto note = [&](const std::string& key, const std::string& what) {
    return [&, key, what](worker& self) {
      ran[key].push_back(what);
      where[key].insert(self.name());
    };
  };
  for (const char* what : {"1", "2", "3"}) {
    for (int i = 0; i < 20; ++i) {
      const auto key = "key " + std::to_string(i);
      workers().call(keyed{"p", key}, note(key, what));
    }
    run();
  }
  std::set<std::string> used;
  for (const auto& [key, all] : ran) {
    EXPECT_THAT(all, ElementsAre("1", "2", "3")) << key;
    EXPECT_THAT(where[key], SizeIs(1)) << key;
    used.merge(where[key]);
  }
  EXPECT_THAT(used, SizeIs(4)) << "the keys are spread";
}

TEST_F(Pools, ForANameThatIsNoPoolAKeyMeansNothing) {
  workers().call(keyed{"bob", "x"}, say("a"));
  inject([this](worker& self) { self.call(keyed{"bob", "y"}, say("b")); }).to("ana");
  run();
  EXPECT_THAT(said, ElementsAre("bob a", "bob b"));
}

// U-24
TEST_F(Pools, APoolGrowsWhenCallsPileUpAndShrinksWhenTheyAreDone) {
  workers().hire_pool("p", {.least = 1, .most = 3, .grow_at = 2, .shrink_after = 10s});
  for (int i = 0; i < 5; ++i)
    call("p", say(std::to_string(i)));
  EXPECT_THAT(members_of("p"), SizeIs(testing::Ge(2u)));
  for (int i = 0; i < 20; ++i)
    call("p", [] {});
  EXPECT_THAT(members_of("p"), ElementsAre("p/1", "p/2", "p/3")) << "and not more";
  run();

  clock().advance(9s);
  run();
  EXPECT_THAT(members_of("p"), SizeIs(3));
  for (int i = 0; i < 4; ++i) {
    clock().advance(10s);
    run();
  }
  EXPECT_THAT(members_of("p"), ElementsAre("p/1"));
  for (const auto& one : workers().list())
    EXPECT_EQ(one.dropped_by_kill, 0u);

  call("p", say("again"));
  run();
  EXPECT_EQ(said.back(), "p/1 again");
  expect_silence();
}

// U-24
TEST_F(Pools, AMemberIsIdleFromTheEndOfWhatItDidLast) {
  workers().hire_pool("p", {.least = 1, .most = 2, .grow_at = 1, .shrink_after = 10s});
  call("p", [] {});
  call("p", [this] { clock().advance(25s); }); // so long does it take
  run();
  EXPECT_THAT(members_of("p"), SizeIs(2)) << "it has only just finished";
  clock().advance(9999ms);
  run();
  EXPECT_THAT(members_of("p"), SizeIs(2));
  clock().advance(1ms);
  run();
  EXPECT_THAT(members_of("p"), ElementsAre("p/1"));
}

// U-24: as an idle worker is passivated, so a member goes.
TEST_F(Pools, AMemberThatAwaitsSomethingStays) {
  workers().hire_pool("p", {.least = 1, .most = 2, .grow_at = 1, .shrink_after = 10s});
  call("p", [] {});
  call("p", [this](worker& self) { self.after(60s, say("tick")); });
  run();
  for (int i = 0; i < 6; ++i) {
    EXPECT_THAT(members_of("p"), SizeIs(2));
    clock().advance(10s);
    run();
  }
  EXPECT_THAT(said, ElementsAre("p/2 tick"));
  for (int i = 0; i < 3; ++i) {
    clock().advance(10s);
    run();
  }
  EXPECT_THAT(members_of("p"), ElementsAre("p/1"));
}

// U-24: a call that comes while a member is about to go.
TEST_F(Pools, AMemberThatIsCalledWhenItShouldGoStays) {
  workers().hire_pool("p", {.least = 1, .most = 2, .grow_at = 1, .shrink_after = 10s});
  call("p", [] {});
  call("p", [] {});
  run();
  const auto number = workers().number_of("p/2");
  clock().advance(10s);
  steps().run_due_timers(); // it is to look whether it may go
  call("p/2", say("stays"));
  run();
  EXPECT_THAT(said, ElementsAre("p/2 stays"));
  EXPECT_EQ(workers().number_of("p/2"), number);
}

// U-24
TEST_F(Pools, ACallThatThereIsNoMemoryForHoldsNoKey) {
  workers().hire_pool("p", {.least = 1, .most = 8, .grow_at = 1});
  std::vector<std::string> keys;
  for (int i = 0; i < 30; ++i)
    keys.push_back("key " + std::to_string(i));
  int thrown = 0;
  for (const auto& key : keys) {
    task what{[] {}};
    const tests::scarce_memory none;
    try {
      workers().call(keyed{"p", key}, std::move(what));
    } catch (const std::bad_alloc&) {
      ++thrown;
    }
  }
  EXPECT_EQ(thrown, 30);
  for (int i = 0; i < 20; ++i)
    call("p", [] {}); // now it has eight members
  std::set<std::string> where;
  for (const auto& key : keys)
    workers().call(keyed{"p", key}, [&](worker& self) { where.insert(self.name()); });
  run();
  EXPECT_THAT(where, SizeIs(testing::Gt(1u)));
}

// U-24: what is under way keeps a key where it is.
TEST_F(Pools, AKeyMovesOnlyWhenNoCallOfItIsLeft) {
  workers().hire_pool("p", {.least = 1, .most = 8, .grow_at = 1, .shrink_after = 10s});
  std::map<std::string, std::vector<int>> ran;
  std::map<std::string, std::set<std::string>> where;
  int next = 0;
  const auto call_all = [&] {
    ++next;
    for (int i = 0; i < 30; ++i) {
      const auto key = "key " + std::to_string(i);
      workers().call(keyed{"p", key}, [&, key, n = next](worker& self) {
        ran[key].push_back(n);
        where[key].insert(self.name());
      });
    }
  };
  call_all();
  call_all(); // meanwhile it grows to eight
  call_all();
  // In any order, the last member first.
  for (int i = 8; i > 0; --i) {
    while (allow(mail::task).to("p/" + std::to_string(i))) {
    }
  }
  for (const auto& [key, all] : ran) {
    EXPECT_THAT(all, ElementsAre(1, 2, 3)) << key;
    EXPECT_THAT(where[key], SizeIs(1)) << key;
  }
  call_all();
  run();
  const auto moved =
      std::ranges::count_if(where, [](const auto& one) { return one.second.size() > 1; });
  EXPECT_GT(moved, 0) << "now they may";
}

// U-24, in every order: one key, a pool that grows and one that shrinks again.
TEST_F(Pools, GrowthAndShrinkNeverReorderTheCallsOfOneKey) {
  int grew = 0;
  int shrank = 0;
  const auto found = testkit::explore(
      [&](const testkit::schedule& how) {
        testkit::world w{{.order_of_steps = how}};
        w.workers().hire_pool("p", {.least = 1, .most = 2, .grow_at = 1, .shrink_after = 1s});
        // Of two members the second has these keys.
        bool has_second = false;
        std::map<std::string, std::vector<int>> ran;
        const auto say = [&](worker& self, const char* key, int n) {
          self.call(keyed{"p", key}, [&, key, n](worker& member) {
            ran[key].push_back(n);
            has_second = has_second || member.name() == "p/2";
          });
        };
        w.call("ana", [&](worker& self) {
          say(self, "c", 1);
          say(self, "c", 2);
        });
        w.call("ana", [&](worker& self) { say(self, "c", 3); });
        w.call("bob", [&](worker& self) { say(self, "e", 1); });
        w.call("bob", [&](worker& self) {
          say(self, "e", 2);
          w.clock().advance(1s);
        });
        w.run();
        w.clock().advance(1s);
        w.run();
        grew += has_second ? 1 : 0;
        shrank += has_second && w.workers().number_of("p/2") == 0 ? 1 : 0;
        EXPECT_THAT(ran["c"], ElementsAre(1, 2, 3));
        EXPECT_THAT(ran["e"], ElementsAre(1, 2));
      },
      {.max_schedules = 300, .random_schedules = 300, .name = "a pool that grows and shrinks"});

  EXPECT_GT(found.schedules, 100u);
  EXPECT_GT(grew, 0);
  EXPECT_GT(shrank, 0);
}

// U-24, W-30, W-32, W-34
TEST_F(Pools, KillingThePoolEmptiesAndEndsAllItsMembers) {
  workers().hire_pool("p", {.least = 2});
  for (const char* text : {"a", "b", "c"})
    call("p", say(text));
  workers().kill("p");
  run();
  EXPECT_THAT(said, IsEmpty());
  EXPECT_THAT(members_of("p"), IsEmpty());

  call("p", say("d"));
  run();
  EXPECT_THAT(said, SizeIs(1)) << "the pool stays";
  EXPECT_EQ(workers().members("p").front().dropped_by_kill, 1u);
}

// U-24, W-42
TEST_F(Pools, AbortingThePoolKeepsItsCalls) {
  workers().hire_pool("p", {.least = 2});
  for (const char* text : {"a", "b", "c"})
    call("p", say(text));
  workers().abort("p");
  run();
  EXPECT_THAT(said, SizeIs(3));
  for (const auto& one : workers().members("p"))
    EXPECT_EQ(one.incarnation, 2u);
}

// U-24, W-79
TEST_F(Pools, ALimitIsThatOfEachMember) {
  workers().hire_pool("p", {.least = 2});
  workers().limit("p", {.most = 1});
  EXPECT_EQ(call("p", say("a")), call_result::created);
  EXPECT_EQ(call("p", say("b")), call_result::created);
  EXPECT_EQ(call("p", say("c")), call_result::mailbox_full);
  EXPECT_EQ(workers().waiting("p"), 2u);
  run();
  EXPECT_EQ(workers().waiting("p"), 0u);
  EXPECT_THAT(said, ElementsAre("p/1 a", "p/2 b"));
}

// U-24, W-46
TEST_F(Pools, ThePoolsNameHasNoNumber) {
  workers().hire_pool("p", {.least = 2});
  call("p", [] {});
  EXPECT_EQ(workers().number_of("p"), 0u);
  EXPECT_EQ(workers().call_existing("p", [] {}), call_result::no_such_worker);
  EXPECT_EQ(workers().call_existing("p/1", [] {}), call_result::queued);
  EXPECT_THAT(workers().members("bob"), IsEmpty());
  run();
}

TEST_F(Pools, APoolIsAsked) {
  workers().hire_pool("p", {.least = 2});
  EXPECT_EQ(workers().ask("p", [](worker& self) { return self.name(); }).get(), "p/1");
  EXPECT_EQ(workers().ask("p", [](worker& self) { return self.name(); }).get(), "p/2");
  const auto of_key =
      workers().ask(keyed{"p", "x"}, [](worker& self) { return self.name(); }).get();
  inject([&](worker& self) {
    self.ask(
        keyed{"p", "x"}, [](worker& there) { return there.name(); },
        [&](worker&, answer<std::string> got) { EXPECT_EQ(*got, of_key); });
  }).to("ana");
  run();
  auto dropped = workers().ask(keyed{"p", "x"}, [] { return 1; });
  workers().kill("p");
  EXPECT_EQ(dropped.result().why().code, errc::worker_killed);
}

TEST_F(Pools, AMemberDoesNotWaitForItsOwnPool) {
  workers().hire_pool("p", {.least = 2, .where = runs_on::own_thread});
  workers().call("p", [this](worker& self) {
    try {
      static_cast<void>(workers().ask("p", [] { return 1; }));
      ADD_FAILURE() << "it might ask itself";
    } catch (const failure& why) {
      EXPECT_EQ(why.code(), errc::would_wait_for_itself);
    }
    EXPECT_EQ(workers().info(self.number())->kind, runs_on::own_thread);
  });
  run();
}

// U-24, W-12, W-14
TEST_F(Pools, MethodsAreCalledInAPool) {
  workers().hire_pool("p", {.least = 2});
  workers().define("say", [this](worker& self, const std::string& text) {
    said.push_back(self.name() + ' ' + text);
  });
  workers().call("p", "say", "a");
  workers().call("p", "say", "b");
  workers().call(keyed{"p", "x"}, "say", "c");
  EXPECT_EQ(workers().call("p", "", "d"), call_result::no_startup_method);
  EXPECT_THROW(workers().call("p", "unknown"), failure);
  EXPECT_EQ(workers().number_of("p"), 0u) << "nobody lives under the pool's own name";
  run();
  EXPECT_THAT(said, SizeIs(3));
}

TEST_F(Pools, WhatMakesNoPoolIsAnErrorAtTheCall) {
  workers().hire_pool("p");
  EXPECT_THROW(workers().hire_pool("p"), failure);
  EXPECT_THROW(workers().hire("p", runs_on::pool), failure);
  EXPECT_THROW(workers().call("p", task{}), std::invalid_argument);
  EXPECT_EQ(workers().number_of("p"), 0u);
  call("bob", [] {});
  EXPECT_THROW(workers().hire_pool("bob"), failure);
  workers().hire("q/1", runs_on::own_thread);
  EXPECT_THROW(workers().hire_pool("q"), failure) << "a member's name runs elsewhere";
  EXPECT_THROW(workers().hire_pool(""), std::invalid_argument);
  EXPECT_THROW(workers().hire_pool("r", {.least = 0}), std::invalid_argument);
  EXPECT_THROW(workers().hire_pool("r", {.least = 3, .most = 2}), std::invalid_argument);
  EXPECT_THROW(workers().hire_pool("r", {.most = 1001}), std::invalid_argument);
  EXPECT_THROW(workers().hire_pool("r", {.grow_at = 0}), std::invalid_argument);
  run();
}

TEST_F(Pools, OneThatIsRefusedLeavesNothing) {
  call("bob", [] {});
  const auto refuse = [this] { EXPECT_THROW(workers().hire_pool("bob"), failure); };
  refuse(); // from now on its member's name is known
  const auto in_use = [] { return static_cast<std::int64_t>(::mallinfo2().uordblks); };
  const auto before = in_use();
  for (int i = 0; i < 100; ++i)
    refuse();
  EXPECT_LT(in_use() - before, 100'000) << "a pool takes 16 KB";
  run();
}

// W-81
TEST_F(Pools, WhileTheSetEndsCallsAreDroppedAndCounted) {
  workers().hire_pool("p", {.least = 2});
  call("p", say("a"));
  workers().stop();
  EXPECT_EQ(workers().call("p", say("b")), call_result::shutting_down);
  EXPECT_EQ(workers().call(keyed{"p", "x"}, say("c")), call_result::shutting_down);
  EXPECT_EQ(workers().dropped_at_shutdown(), 3u);
  EXPECT_THAT(said, IsEmpty());
}

// U-24, with threads: four callers, keys, a pool that grows and shrinks all the time.
TEST(PoolThreads, TheCallsOfOneKeyKeepTheirOrderWhateverBecomesOfThePool) {
  constexpr int callers = 4;
  constexpr int keys = 8;
  constexpr int rounds = 2000;
  class workers all {
    {
      .interrupts = signals::left_alone
    }
  };
  all.hire_pool("p", {.least = 1, .most = 6, .grow_at = 4, .shrink_after = 1ms});
  struct lane {
    std::atomic<int> last{0};
    std::atomic<bool> is_busy{false};
  };
  std::vector<lane> lanes(callers * keys);
  std::atomic<int> wrong{0};
  std::atomic<int> elsewhere{0}; // ran in a member that the pool had not at first
  event done{callers * keys * rounds};
  {
    std::vector<std::jthread> threads;
    for (int caller = 0; caller < callers; ++caller) {
      threads.emplace_back([&, caller] {
        for (int n = 1; n <= rounds; ++n) {
          for (int key = 0; key < keys; ++key) {
            auto& mine = lanes[static_cast<std::size_t>(caller * keys + key)];
            all.call(keyed{"p", std::to_string(caller * keys + key)}, [&, n](worker& self) {
              if (self.name() != "p/1")
                ++elsewhere;
              if (mine.is_busy.exchange(true) || mine.last.exchange(n) != n - 1)
                ++wrong;
              mine.is_busy = false;
              done.happens();
            });
          }
        }
      });
    }
  }
  ASSERT_TRUE(done.has_happened());
  EXPECT_EQ(wrong, 0);
  EXPECT_GT(elsewhere, 0) << "it has not grown";
  for (int i = 2; i <= 6; ++i)
    EXPECT_TRUE(all.await_end("p/" + std::to_string(i), tests::long_enough)) << "it must shrink";
}

// W-67
TEST(Cooperative, AllSuchWorkersShareOneThread) {
  class workers all {
    {
      .interrupts = signals::left_alone
    }
  };
  std::mutex lock;
  std::set<std::thread::id> threads;
  std::atomic<int> at_once{0};
  std::atomic<int> most{0};
  event done{300};
  for (const char* name : {"ana", "bob", "eve"})
    all.hire(name, runs_on::cooperative);
  for (int i = 0; i < 100; ++i) {
    for (const char* name : {"ana", "bob", "eve"}) {
      all.call(name, [&] {
        most = std::max(most.load(), ++at_once);
        {
          const std::scoped_lock guard{lock};
          threads.insert(std::this_thread::get_id());
        }
        --at_once;
        done.happens();
      });
    }
  }
  ASSERT_TRUE(done.has_happened());
  EXPECT_THAT(threads, SizeIs(1));
  EXPECT_EQ(most, 1);
  EXPECT_EQ(threads.count(std::this_thread::get_id()), 0u);
  for (const auto& one : all.list()) {
    if (one.number != main_worker) {
      EXPECT_EQ(one.kind, runs_on::cooperative);
    }
  }
  all.kill("bob");
  event again;
  all.call("bob", [&] {
    EXPECT_EQ(threads.count(std::this_thread::get_id()), 1u) << "the next incarnation, too";
    again.happens();
  });
  EXPECT_TRUE(again.has_happened());
}

// W-67: whom it would wait for may need its thread.
TEST_F(Pools, ACooperativeWorkerDoesNotWait) {
  workers().hire("bob", runs_on::cooperative);
  workers().call("bob", [this] {
    try {
      static_cast<void>(workers().ask("ana", [] { return 1; }));
      ADD_FAILURE() << "it waited";
    } catch (const failure& why) {
      EXPECT_EQ(why.code(), errc::would_block);
    }
  });
  run();
}

} // namespace
