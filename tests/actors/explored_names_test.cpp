// Every order of making, killing and calling by name, up to the bounds below: rules W-10, W-32,
// W-34, W-42, W-43.

#include <callsign/testkit/explore.hpp>
#include <callsign/testkit/world.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

namespace {

using namespace callsign;
using namespace callsign::testkit;

constexpr process_variable<worker_number> MINE{"MINE"};

/// What became of the calls to one name.
struct fates {
  std::vector<std::string> ran;
  std::vector<worker_number> lives;
  std::size_t accepted = 0;
  std::size_t created = 0; ///< calls that were answered so

  /// Calls "target" as `self` would.
  void call(worker& self, const std::string& what) {
    const auto result = self.call("target", [this, what](worker& target) {
      if (target[MINE] == 0) {
        target[MINE] = target.number();
        lives.push_back(target.number());
      }
      EXPECT_EQ(target[MINE], target.number()) << "variables of another life";
      EXPECT_EQ(lives.back(), target.number()) << "two lives at once";
      EXPECT_EQ(std::ranges::count(ran, what), 0) << what << " ran twice";
      ran.push_back(what);
    });
    if (result == call_result::queued || result == call_result::created)
      ++accepted;
    created += result == call_result::created ? 1 : 0;
  }
  [[nodiscard]] std::size_t place_of(const std::string& what) const {
    return static_cast<std::size_t>(std::ranges::find(ran, what) - ran.begin());
  }
};

/// Nothing is lost but what a kill dropped, and the name can be called again.
void check_end(world& w, fates& all) {
  w.run();
  EXPECT_TRUE(std::ranges::is_sorted(all.lives));
  std::uint64_t dropped = 0;
  w.call("target", [&](worker& target) {
    dropped = w.workers().info(target.number())->dropped_by_kill;
    all.lives.push_back(target.number());
  });
  w.run();
  EXPECT_EQ(all.accepted, all.ran.size() + dropped);
  EXPECT_TRUE(std::ranges::is_sorted(all.lives));
}

TEST(EveryOrderOfNames, TwoFirstCallsAtOnceMakeOneWorker) {
  std::set<std::vector<std::string>> orders;
  const auto found = explore(
      [&orders](const schedule& how) {
        world w{{.order_of_steps = how}};
        fates all;
        for (const char* who : {"ana", "bob"})
          w.call(who, [&all](worker& self) { all.call(self, self.name()); });
        w.run();
        orders.insert(all.ran);
        EXPECT_EQ(all.created, 1u) << "who comes second finds the one that is there";
        EXPECT_EQ(all.ran.size(), 2u);
        EXPECT_EQ(all.lives.size(), 1u);
        check_end(w, all);
        EXPECT_EQ(all.lives.front(), all.lives.back()) << "nobody had to be made again";
      },
      {.name = "two first calls to one name"});

  EXPECT_TRUE(found.is_all);
  EXPECT_EQ(orders, (std::set<std::vector<std::string>>{{"ana", "bob"}, {"bob", "ana"}}));
}

TEST(EveryOrderOfNames, TwoFirstCallsAtOnceAndAKillMakeOneWorkerAtATime) {
  const auto found = explore(
      [](const schedule& how) {
        world w{{.order_of_steps = how}};
        fates all;
        for (const char* who : {"ana", "bob"})
          w.call(who, [&all](worker& self) { all.call(self, self.name()); });
        w.call("eve", [](worker& self) { self.set().kill("target"); });
        check_end(w, all);
        EXPECT_GE(all.created, 1u);
      },
      {.max_schedules = 20'000, .name = "two first calls to one name, and a kill"});

  EXPECT_TRUE(found.is_all);
}

TEST(EveryOrderOfNames, TwoCallWhileAThirdKills) {
  const auto found = explore(
      [](const schedule& how) {
        world w{{.order_of_steps = how}};
        fates all;
        w.call("ana", [&](worker& self) {
          all.call(self, "a1");
          all.call(self, "a2");
        });
        w.call("bob", [&](worker& self) { all.call(self, "b1"); });
        w.call("eve", [&](worker& self) {
          self.set().kill("target");
          all.call(self, "e1");
        });
        check_end(w, all);
        EXPECT_EQ(std::ranges::count(all.ran, "e1"), 1) << "called after the kill, by who killed";
        if (std::ranges::count(all.ran, "a2") == 1 && std::ranges::count(all.ran, "a1") == 1) {
          EXPECT_LT(all.place_of("a1"), all.place_of("a2"));
        }
      },
      {.max_schedules = 20'000, .name = "two call while a third kills"});

  EXPECT_TRUE(found.is_all);
}

TEST(EveryOrderOfNames, AWorkerThatKillsItselfIsCalledAndKilledByOthers) {
  const auto found = explore(
      [](const schedule& how) {
        world w{{.order_of_steps = how}};
        fates all;
        // Dropped if bob is quicker.
        all.accepted = 1;
        w.call("target", [&](worker& self) {
          all.ran.push_back("its own");
          self.kill();
          EXPECT_EQ(self.call("target", [] { ADD_FAILURE() << "called by who killed itself"; }),
                    call_result::killed_itself);
        });
        w.call("ana", [&](worker& self) { all.call(self, "a1"); });
        w.call("bob", [&](worker& self) {
          self.set().kill(self.set().number_of("target"));
          all.call(self, "b1");
        });
        check_end(w, all);
      },
      {.max_schedules = 20'000, .name = "a worker that kills itself, and others"});

  EXPECT_TRUE(found.is_all);
}

TEST(EveryOrderOfNames, AnAbortLosesNothing) {
  const auto found = explore(
      [](const schedule& how) {
        world w{{.order_of_steps = how}};
        std::vector<int> ran;
        for (int n = 0; n < 3; ++n)
          w.call("target", [&ran, n] { ran.push_back(n); });
        w.call("eve", [&w] { w.workers().abort("target"); });
        w.call("bob", [&w] { w.workers().abort("target"); });
        w.run();
        EXPECT_EQ(ran, (std::vector{0, 1, 2}));
      },
      {.max_schedules = 20'000, .name = "an abort loses nothing"});

  EXPECT_TRUE(found.is_all);
}

} // namespace
