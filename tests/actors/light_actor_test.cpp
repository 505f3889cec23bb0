// Light actors: CAF's mail in a mailbox of two words (decision 45).

#include "actors/src/light_actor.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

namespace {

using callsign::detail::light_actor;
using callsign::detail::spawn_light;
using callsign::detail::tell;
using callsign::detail::thread_unit;
using callsign::detail::unit;

/// Does what the test says with each number that it gets.
class counter final : public light_actor {
public:
  using work = std::function<void(counter&, int)>;
  counter(caf::actor_config& config, unit& where, work what)
      : light_actor{config, where}, what_{std::move(what)} {}
  const char* name() const override { return "counter"; }
  void leaves() { quit(); }

protected:
  void receive(caf::type_erased_tuple& mail) noexcept override {
    if (mail.match_elements<int>())
      what_(*this, mail.get_as<int>(0));
  }

private:
  work what_;
};

class LightActors : public testing::Test {
protected:
  caf::actor spawn(counter::work what) {
    return spawn_light<counter>(system, here, std::move(what));
  }
  void run() {
    while (here.run_ready()) {
    }
  }
  static light_actor& inside(const caf::actor& who) { return *caf::actor_cast<light_actor*>(who); }

  caf::actor_system_config config;
  caf::actor_system system{config};
  thread_unit here{system, [] {}};
};

TEST_F(LightActors, HandleTheirMailInItsOrderInTheThreadOfTheirUnit) {
  std::vector<int> heard;
  std::vector<std::thread::id> where;
  const auto ana = spawn([&](counter&, int what) {
    heard.push_back(what);
    where.push_back(std::this_thread::get_id());
  });

  std::thread{[&] {
    for (int i = 0; i < 3; ++i)
      tell(ana, i);
  }}.join();
  EXPECT_TRUE(heard.empty());
  run();
  tell(ana, 3);
  run();

  EXPECT_EQ(heard, (std::vector{0, 1, 2, 3}));
  EXPECT_EQ(where, std::vector(4, std::this_thread::get_id()));
}

TEST_F(LightActors, LoseNothingThatManyThreadsTellThemAtOnce) {
  constexpr int senders = 4;
  constexpr int mails = 5000;
  std::vector<int> next(senders, 0);
  int heard = 0;
  const auto ana = spawn([&](counter&, int what) {
    const int sender = what / mails;
    EXPECT_EQ(what % mails, next[static_cast<std::size_t>(sender)]++);
    ++heard;
  });

  std::vector<std::jthread> all;
  for (int sender = 0; sender < senders; ++sender) {
    all.emplace_back([&, sender] {
      for (int i = 0; i < mails; ++i)
        tell(ana, sender * mails + i);
    });
  }
  std::atomic<bool> are_done{false};
  std::jthread end{[&] {
    for (auto& one : all)
      one.join();
    are_done = true;
  }};
  while (!are_done)
    here.run_ready();
  run();

  EXPECT_EQ(heard, senders * mails);
}

TEST_F(LightActors, GetSharedMailBetweenTheOther) {
  std::vector<int> heard;
  const auto ana = spawn([&](counter&, int what) { heard.push_back(what); });
  const auto bob = spawn([&](counter&, int what) { heard.push_back(10 * what); });
  const auto first = caf::make_message(1);
  const auto third = caf::make_message(3);

  for (const auto& who : {ana, bob}) {
    inside(who).enqueue_shared(first);
    tell(who, 2);
    inside(who).enqueue_shared(third); // its own envelope is still under way
  }
  EXPECT_EQ(inside(ana).waiting_count(), 3U);
  run();

  EXPECT_EQ(heard, (std::vector{1, 2, 3, 10, 20, 30}));
  EXPECT_EQ(first.cvals()->get_reference_count(), 1U) << "nobody keeps it";
}

TEST_F(LightActors, TakeNothingOnceTheyHaveQuit) {
  int heard = 0;
  const auto ana = spawn([&](counter& self, int) {
    ++heard;
    self.leaves();
  });
  caf::scoped_actor asker{system};

  tell(ana, 1);
  auto waits = asker->request(ana, caf::infinite, 2);
  run();
  bool is_refused = false;
  waits.receive([](int) { ADD_FAILURE() << "nobody answers"; },
                [&](caf::error&) { is_refused = true; });
  EXPECT_TRUE(is_refused) << "what waited is answered";
  is_refused = false;
  asker->request(ana, caf::infinite, 3)
      .receive([](int) { ADD_FAILURE() << "nobody answers"; },
               [&](caf::error&) { is_refused = true; });

  EXPECT_TRUE(is_refused) << "and so is what comes later";
  EXPECT_EQ(heard, 1);
}

TEST_F(LightActors, WhoAlwaysHaveMailDoNotKeepTheThread) {
  int heard = 0;
  std::optional<caf::actor> restless;
  restless = spawn([&](counter& self, int) {
    if (++heard > 10'000)
      self.leaves();
    else
      tell(*restless, 0);
  });

  tell(*restless, 0);
  EXPECT_TRUE(here.run_ready()) << "there is more";

  EXPECT_LT(heard, 10'000);
  run();
  EXPECT_EQ(heard, 10'001);
}

TEST_F(LightActors, ThatNeverRanGoWithTheirMail) {
  const auto mail = caf::make_message(1);
  bool is_gone = false;
  {
    thread_unit elsewhere{system, [] {}};
    auto alive = std::shared_ptr<int>{new int{0}, [&](const int* p) {
                                        is_gone = true;
                                        delete p;
                                      }};
    auto ana = spawn_light<counter>(system, elsewhere,
                                    counter::work{[keep = std::move(alive)](counter&, int) {}});
    inside(ana).enqueue_shared(mail);
    tell(ana, 2);
    ana = nullptr;
    EXPECT_FALSE(is_gone);
  }

  EXPECT_TRUE(is_gone);
  EXPECT_EQ(mail.cvals()->get_reference_count(), 1U);
}

} // namespace
