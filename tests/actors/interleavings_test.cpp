// What holds in every order of steps: the same little story under many seeds. Rules W-10, W-32,
// W-34, W-42, W-43.

#include <callsign/testkit/world.hpp>

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <vector>

namespace {

using namespace callsign;
using callsign::testkit::order;
using callsign::testkit::world;
using callsign::testkit::world_options;

constexpr std::uint64_t seeds = 300;

world_options random_order(std::uint64_t seed) {
  return {.order_of_steps = {.steps = order::random, .seed = seed}};
}

/// Three senders call one worker; each call carries its sender's own count.
TEST(EveryOrder, KeepsEachSendersCallsInTheirOrder) {
  for (std::uint64_t seed = 0; seed < seeds; ++seed) {
    world w{random_order(seed)};
    std::map<std::string, int> last;
    int ran = 0;
    for (const char* who : {"ana", "bob", "eve"}) {
      for (int burst = 0; burst < 3; ++burst) {
        w.call(who, [&, burst](worker& self) {
          for (int i = 0; i < 5; ++i) {
            self.call("target", [&, sender = self.name(), count = burst * 5 + i] {
              EXPECT_EQ(last[sender]++, count);
              ++ran;
            });
          }
        });
      }
    }
    w.run();
    ASSERT_EQ(ran, 45);
  }
}

/// Somebody kills the target while others call it.
TEST(EveryOrder, RunsACallOnceOrDropsItAndNeverMixesIncarnations) {
  constexpr process_variable<worker_number> MINE{"MINE"};
  for (std::uint64_t seed = 0; seed < seeds; ++seed) {
    world w{random_order(seed)};
    std::multiset<int> ran;
    std::vector<worker_number> lives;
    std::uint64_t accepted = 0;
    for (int n = 0; n < 10; ++n) {
      w.call(n % 2 == 0 ? "ana" : "eve", [&, n](worker& self) {
        if (n == 5)
          self.set().kill("target");
        const auto result = self.call("target", [&, n](worker& target) {
          if (target[MINE] == 0) {
            target[MINE] = target.number();
            lives.push_back(target.number());
          }
          EXPECT_EQ(target[MINE], target.number()) << "variables of another life";
          EXPECT_EQ(lives.back(), target.number()) << "two lives at once";
          ran.insert(n);
        });
        if (result == call_result::queued || result == call_result::created)
          ++accepted;
      });
    }
    w.run();
    w.call("target", [&](worker& target) {
      EXPECT_EQ(accepted, ran.size() + w.workers().info(target.number())->dropped_by_kill);
    });
    w.run();
    ASSERT_EQ(accepted, 10u);
    for (int n = 0; n < 10; ++n)
      ASSERT_LE(ran.count(n), 1u);
    ASSERT_EQ(ran.count(5), 1u) << "called after the kill, by the one who killed";
    ASSERT_TRUE(std::ranges::is_sorted(lives));
  }
}

TEST(EveryOrder, LosesNothingToAnAbort) {
  for (std::uint64_t seed = 0; seed < seeds; ++seed) {
    world w{random_order(seed)};
    std::vector<int> ran;
    for (int n = 0; n < 10; ++n)
      w.call("target", [&, n] { ran.push_back(n); });
    w.call("eve", [&] { w.workers().abort("target"); });
    w.call("bob", [&] { w.workers().abort("target"); });
    w.run();
    ASSERT_EQ(ran.size(), 10u);
    ASSERT_TRUE(std::ranges::is_sorted(ran));
  }
}

/// Everybody does everything to everybody; in the end all is quiet and everyone can still be
/// called.
TEST(EveryOrder, EndsQuietlyWhateverWasDone) {
  const std::vector<std::string> names{"ana", "bob", "eve"};
  for (std::uint64_t seed = 0; seed < seeds; ++seed) {
    world w{random_order(seed)};
    for (int n = 0; n < 30; ++n) {
      w.call(names[static_cast<std::size_t>(n) % 3], [&, n](worker& self) {
        const auto& other = names[static_cast<std::size_t>(n * 7 + n / 3) % 3];
        switch (n % 6) {
        case 0: self.set().kill(other); break;
        case 1: self.call(other, [] {}); break;
        case 2: self.set().abort(other); break;
        case 3: self.set().kill(self.set().number_of(other)); break;
        case 4: self.call(self.set().number_of(other), [] {}); break;
        default:
          self.kill();
          self.call(other, [] {});
          break;
        }
      });
    }
    w.run();
    int answered = 0;
    for (const auto& name : names) {
      w.workers().call(name, [&](worker& self) {
        answered += self.number() == w.workers().number_of(name) ? 1 : 0;
      });
    }
    w.run();
    ASSERT_EQ(answered, 3);
  }
}

} // namespace
