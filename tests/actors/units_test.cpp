// Units: where pinned actors run, and where the actors they send to run (design.md section 3).

#include "tests/actors/waiting.hpp"

#include "actors/src/unit.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace {

using callsign::detail::placed_actor;
using callsign::detail::spawn_placed;
using callsign::detail::tell;
using callsign::detail::thread_unit;
using callsign::detail::unit;
using callsign::tests::event;

using step = caf::atom_constant<caf::atom("step")>;

/// Does what the test says whenever it has mail.
class doer final : public placed_actor {
public:
  using work = std::function<void(doer&)>;
  doer(caf::actor_config& config, unit* where, work what)
      : placed_actor{config, where}, what_{std::move(what)} {}
  caf::behavior make_behavior() override {
    return {[this](step) { what_(*this); }};
  }

private:
  work what_;
};

class Units : public testing::Test {
protected:
  Units() { config.set("scheduler.policy", caf::atom("sharing")); }

  caf::actor spawn(unit* where, doer::work what) {
    return spawn_placed<doer>(system(), where, std::move(what));
  }
  caf::actor_system& system() {
    if (!made)
      made.emplace(config);
    return *made;
  }

  caf::actor_system_config config;
  std::optional<caf::actor_system> made;
};

TEST_F(Units, APinnedActorRunsInTheThreadThatDrivesItsUnit) {
  thread_unit here{system(), [] {}};
  std::thread::id where;
  const auto pinned = spawn(&here, [&](doer& self) {
    where = std::this_thread::get_id();
    self.quit();
  });

  std::thread{[&] { tell(pinned, step::value); }}.join();
  EXPECT_EQ(where, std::thread::id{});
  while (here.run_ready()) {
  }

  EXPECT_EQ(where, std::this_thread::get_id());
}

// CAF hands the unit of the running actor on to every actor it sends to.
TEST_F(Units, AnActorOfThePoolThatGetsMailFromAPinnedOneStaysOnThePool) {
  thread_unit here{system(), [] {}};
  event ran;
  std::thread::id where;
  const auto pooled = spawn(nullptr, [&](doer& self) {
    where = std::this_thread::get_id();
    self.quit();
    ran.happens();
  });
  const auto pinned = spawn(&here, [&](doer& self) {
    self.send(pooled, step::value);
    self.quit();
  });

  tell(pinned, step::value);
  while (here.run_ready()) {
  }

  ASSERT_TRUE(ran.has_happened());
  EXPECT_NE(where, std::this_thread::get_id());
}

TEST_F(Units, APinnedActorThatGetsMailFromThePoolStaysInItsThread) {
  event woken;
  thread_unit here{system(), [&] { woken.happens(); }};
  std::thread::id where;
  const auto pinned = spawn(&here, [&](doer& self) {
    where = std::this_thread::get_id();
    self.quit();
  });
  const auto pooled = spawn(nullptr, [&](doer& self) {
    self.send(pinned, step::value);
    self.quit();
  });

  tell(pooled, step::value);
  ASSERT_TRUE(woken.has_happened());
  while (here.run_ready()) {
  }

  EXPECT_EQ(where, std::this_thread::get_id());
}

TEST_F(Units, ABurstWakesTheThreadOnce) {
  int wakes = 0;
  thread_unit here{system(), [&] { ++wakes; }};
  std::vector<caf::actor> pinned;
  for (int i = 0; i < 10; ++i)
    pinned.push_back(spawn(&here, [](doer& self) { self.quit(); }));

  for (const auto& who : pinned)
    tell(who, step::value);
  EXPECT_EQ(wakes, 1);
  while (here.run_ready()) {
  }
  for (int i = 0; i < 2; ++i)
    pinned.push_back(spawn(&here, [](doer& self) { self.quit(); }));
  tell(pinned[10], step::value);
  tell(pinned[11], step::value);

  EXPECT_EQ(wakes, 2);
  while (here.run_ready()) {
  }
}

TEST_F(Units, MailAmongPinnedActorsNeedsNoWakeUp) {
  int wakes = 0;
  int ran = 0;
  thread_unit here{system(), [&] { ++wakes; }};
  const auto second = spawn(&here, [&](doer& self) {
    ++ran;
    self.quit();
  });
  const auto first = spawn(&here, [&](doer& self) {
    self.send(second, step::value);
    self.quit();
  });

  tell(first, step::value);
  while (here.run_ready()) {
  }

  EXPECT_EQ(ran, 1);
  EXPECT_EQ(wakes, 1);
}

TEST_F(Units, OneWhoAlwaysHasMailDoesNotKeepTheThread) {
  thread_unit here{system(), [] {}};
  int ran = 0;
  const auto restless = spawn(&here, [&](doer& self) {
    ++ran;
    self.send(&self, step::value);
    if (ran > 10'000)
      self.quit();
  });

  tell(restless, step::value);
  EXPECT_TRUE(here.run_ready()) << "there is more";
  EXPECT_LT(ran, 10'000);
  while (here.run_ready()) {
  }
}

TEST_F(Units, MailThatComesWhileTheThreadFallsAsleepWakesItAgain) {
  // The thread sleeps as own threads do: until the bell has rung since it last looked.
  std::mutex lock;
  std::condition_variable rung;
  bool is_awake = false;
  thread_unit here{system(), [&] {
                     const std::scoped_lock guard{lock};
                     is_awake = true;
                     rung.notify_one();
                   }};
  constexpr int mails = 20'000;
  int ran = 0;
  const auto pinned = spawn(&here, [&](doer& self) {
    if (++ran == mails)
      self.quit();
  });
  const std::jthread sender{[&] {
    for (int i = 0; i < mails; ++i)
      tell(pinned, step::value);
  }};

  while (ran < mails) {
    std::unique_lock guard{lock};
    ASSERT_TRUE(rung.wait_for(guard, callsign::tests::long_enough, [&] { return is_awake; }))
        << "after " << ran;
    is_awake = false;
    guard.unlock();
    while (here.run_ready()) {
    }
  }
}

TEST_F(Units, ActorsThatNeverRanAreReleasedWithTheUnit) {
  struct flag {
    explicit flag(std::atomic<bool>& f) : gone{&f} {}
    ~flag() { *gone = true; }
    std::atomic<bool>* gone;
  };
  std::atomic<bool> gone{false};
  {
    thread_unit here{system(), [] {}};
    auto pinned = spawn(&here, [alive = std::make_shared<flag>(gone)](doer&) {});
    tell(pinned, step::value);
    pinned = nullptr;
    EXPECT_FALSE(gone);
  }
  EXPECT_TRUE(gone);
}

} // namespace
