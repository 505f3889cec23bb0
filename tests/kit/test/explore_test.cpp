// The explorer itself: it covers all orders, leaves out only what cannot be told apart, and reports
// the shortest schedule that fails.

#include "tests/kit/test/failures_of.hpp"

#include <callsign/testkit/explore.hpp>
#include <callsign/testkit/story.hpp>

#include <gmock/gmock.h>

#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

namespace {

using namespace callsign;
using namespace callsign::testkit;
using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;

/// Two workers that were called twice each, and nothing else.
void two_of_each(const schedule& how) {
  world w{{.order_of_steps = how}};
  for (const char* who : {"ana", "bob"}) {
    w.call(who, [] {});
    w.call(who, [] {});
  }
  w.run();
}

TEST(Explore, RunsEveryOrder) {
  const auto found = explore(two_of_each);

  EXPECT_EQ(found.schedules, 6u); // 4! / (2! 2!)
  EXPECT_TRUE(found.is_all);
  EXPECT_EQ(found.redundant, 0u);
  EXPECT_EQ(found.in_words(), "all 6 schedules, of up to 4 steps");
}

TEST(Explore, LeavesOutWhatNobodyCanTellApart) {
  const auto found = explore(two_of_each, {.tasks = reach::own_mailbox});

  EXPECT_EQ(found.schedules, 1u);
  EXPECT_TRUE(found.is_all);
}

TEST(Explore, KeepsApartWhoComesFirstIntoAMailbox) {
  std::set<std::string> seen;
  const auto both_call_eve = [&seen](const schedule& how) {
    world w{{.order_of_steps = how}};
    std::string heard;
    for (const char* who : {"ana", "bob"})
      w.call(who, [&heard](worker& self) {
        self.call("eve", [&heard, from = self.name()] { heard += from; });
      });
    w.run();
    seen.insert(heard);
  };

  const auto found = explore(both_call_eve, {.tasks = reach::own_mailbox});

  EXPECT_EQ(seen, (std::set<std::string>{"anabob", "bobana"}));
  EXPECT_TRUE(found.is_all);
  EXPECT_LE(found.schedules, 4u);
}

/// Two steps that look alike.
class twins final : public step_source {
public:
  [[nodiscard]] std::size_t ready() const override { return left_.size(); }
  void run(std::size_t which) override {
    ran.push_back(left_[which]);
    left_.erase(left_.begin() + static_cast<std::ptrdiff_t>(which));
  }
  [[nodiscard]] std::string describe(std::size_t) const override { return "a twin"; }
  std::vector<int> ran;

private:
  std::vector<int> left_{1, 2};
};

TEST(Explore, KeepsApartStepsThatLookAlike) {
  std::set<std::vector<int>> seen;

  const auto found = explore([&seen](const schedule& how) {
    twins both;
    world w{{.order_of_steps = how}};
    w.steps().add_source(both);
    w.run();
    w.steps().remove_source(both);
    seen.insert(both.ran);
  });

  EXPECT_EQ(seen, (std::set<std::vector<int>>{{1, 2}, {2, 1}}));
  EXPECT_EQ(found.schedules, 2u);
}

// -- failures -------------------------------------------------------------------------------------

/// Fails only if ana's first task, bob's and eve's run in this order, and ana's second after them.
void rare(const schedule& how) {
  world w{{.order_of_steps = how}};
  int stage = 0;
  w.call("eve", [&] { EXPECT_NE(stage, 2) << "the rare order"; });
  w.call("bob", [&] { stage = stage == 1 ? 2 : stage; });
  w.call("ana", [&] { stage = 1; });
  w.call("ana", [&] { stage = 3; });
  w.run();
}

TEST(Explore, ReportsTheShortestFailingScheduleAtItsOwnLine) {
  int line = 0;
  exploration found;

  const failures_of what{[&] {
    line = this_line() + 1;
    found = explore(rare);
  }};

  EXPECT_EQ(what.count(), 1);
  EXPECT_EQ(what.line(), line);
  EXPECT_EQ(what.file(), __FILE__);
  EXPECT_THAT(what.text(),
              AllOf(HasSubstr("a schedule fails: "), HasSubstr("explore_test.cpp:"),
                    HasSubstr("the rare order"), HasSubstr("of 4 steps, 2 of them out of their"),
                    HasSubstr("ana    bob    eve"), HasSubstr("   *      |      |   task"),
                    HasSubstr("task given at explore_test.cpp:"),
                    HasSubstr("explore(…, {.replay = \"2.1\"})")));
  EXPECT_EQ(found.replay, "2.1");
}

TEST(Explore, ReplaysWhatItPrinted) {
  const failures_of what{[] { explore(rare, {.replay = "2.1"}); }};
  EXPECT_EQ(what.count(), 1);
  EXPECT_THAT(what.text(), HasSubstr("the rare order"));

  const failures_of other{[] { explore(rare, {.replay = "0"}); }};
  EXPECT_EQ(other.count(), 0);

  int line = 0;
  const failures_of nonsense{[&] {
    line = this_line() + 1;
    explore(rare, {.replay = "0.x"});
  }};
  EXPECT_EQ(nonsense.line(), line);
  EXPECT_THAT(nonsense.text(), HasSubstr("\"0.x\" is no schedule"));
}

TEST(Explore, FindsWhatIsRareAtRandomWhenThereAreTooMany) {
  exploration found;
  const failures_of what{[&] { found = explore(rare, {.max_schedules = 1}); }};

  EXPECT_THAT(what.text(), HasSubstr("the rare order"));
  EXPECT_FALSE(found.is_all);
  EXPECT_GT(found.random, 0u);
  EXPECT_EQ(found.replay, "2.1");
}

TEST(Explore, SaysWhenItWasNotAll) {
  const auto found = explore(two_of_each, {.max_schedules = 4, .random_schedules = 7});

  EXPECT_FALSE(found.is_all);
  EXPECT_EQ(found.in_words(), "the first 4 schedules and 7 random ones, of up to 4 steps");
}

TEST(Explore, ReportsABodyThatThrows) {
  const failures_of what{[] { explore([](const schedule&) { throw std::runtime_error("no"); }); }};

  EXPECT_THAT(what.text(), HasSubstr("the body throws: no"));
}

TEST(Explore, RefusesATestThatIsNotTheSameTwice) {
  int runs = 0;
  const failures_of what{[&] {
    explore([&runs](const schedule& how) {
      world w{{.order_of_steps = how}};
      w.call("ana", [] {});
      w.call(++runs % 2 == 0 ? "bob" : "eve", [] {});
      w.run();
    });
  }};

  EXPECT_THAT(what.text(), HasSubstr("this test cannot be explored"));
}

// -- the reduction does not lie -------------------------------------------------------------------

/// A program of chance: workers that post to each other, and say what they heard in which order.
/// What each task does depends only on its own worker.
class chance {
public:
  explicit chance(std::uint64_t seed) : dice_{seed} {
    for (int i = 0; i < 4; ++i)
      first_.push_back({who(), post(2)});
  }

  std::map<std::string, std::string> run(const schedule& how) const {
    world w{{.order_of_steps = how}};
    std::map<std::string, std::string> heard;
    for (const auto& one : names_)
      heard[one];
    for (const auto& one : first_)
      w.call(one.to, task_of(one.then, heard));
    w.run();
    return heard;
  }

private:
  struct letter {
    std::string name;
    bool kills = false;
    std::vector<std::pair<std::string, letter>> posts;
  };
  struct call_of {
    std::string to;
    letter then;
  };

  std::string who() { return names_[dice_() % names_.size()]; }
  letter post(int depth) {
    letter made{std::string(1, static_cast<char>('a' + count_++)), false, {}};
    const auto posts = depth == 0 ? 0 : dice_() % 2;
    for (std::size_t i = 0; i < posts; ++i)
      made.posts.emplace_back(who(), post(depth - 1));
    return made;
  }
  static task task_of(const letter& what, std::map<std::string, std::string>& heard) {
    return [what, &heard](worker& self) {
      heard[self.name()] += what.name;
      for (const auto& [to, next] : what.posts)
        self.call(to, task_of(next, heard));
    };
  }

  std::mt19937_64 dice_;
  std::vector<std::string> names_{"ana", "bob", "eve"};
  int count_ = 0;
  std::vector<call_of> first_;
};

TEST(Reduction, SeesEveryOutcomeThatThereIs) {
  std::size_t without = 0;
  std::size_t with = 0;
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    const chance program{seed};
    std::set<std::map<std::string, std::string>> all;
    std::set<std::map<std::string, std::string>> reduced;
    const auto every = explore([&](const schedule& how) { all.insert(program.run(how)); },
                               {.max_schedules = 50'000, .is_reduced = false, .name = "every"});
    const auto some = explore([&](const schedule& how) { reduced.insert(program.run(how)); },
                              {.tasks = reach::own_mailbox, .name = "some"});
    ASSERT_TRUE(every.is_all) << seed;
    ASSERT_TRUE(some.is_all) << seed;
    EXPECT_EQ(all, reduced) << seed;
    EXPECT_GE(some.schedules, reduced.size()) << seed;
    EXPECT_LE(some.schedules, every.schedules);
    without += every.schedules;
    with += some.schedules;
  }
  EXPECT_LT(10 * with, without) << with << " of " << without;
}

TEST(Footprints, CommuteIfNobodyCouldTell) {
  const auto touching = [](const char* name, touch how) {
    footprint made;
    made.is_everything = false;
    made.add(name, how);
    return made;
  };
  const auto adds = touching("budget", touch::adds);
  const auto changes = touching("budget", touch::changes);

  EXPECT_TRUE(commute(adds, adds));
  EXPECT_FALSE(commute(adds, changes));
  EXPECT_FALSE(commute(changes, adds));
  EXPECT_FALSE(commute(changes, changes));
  EXPECT_TRUE(commute(changes, touching("mailbox", touch::changes)));
  EXPECT_FALSE(commute(footprint{}, adds));
  EXPECT_FALSE(commute(adds, footprint{}));
  auto both = adds;
  both.add("budget");
  EXPECT_FALSE(commute(both, adds)) << "what is changed once is changed";
}

// -- stages ---------------------------------------------------------------------------------------

class greeting final : public connection_handler {
public:
  void on_open(websocket_connection& ws) override { ws.send("welcome"); }
  void on_message(websocket_connection& ws, const message& heard) override {
    ws.server().broadcast(heard);
  }
};

class host final : public server_handler {
public:
  admission on_connection(websocket_server&, const request&) override {
    return std::make_unique<greeting>();
  }
};

TEST(ExploredStage, ExploresOnlyWhatIsDoneAtOnce) {
  const auto found = explore([](const schedule& how) {
    stage s{{.order_of_steps = how}};
    s.serves(std::make_shared<host>());
    auto ana = s.joins();
    auto bob = s.joins();
    ana.says("hello");
    bob.takes_all();
    ana.takes_all();
    s.all_is_quiet();
  });

  EXPECT_EQ(found.schedules, 1u);
  EXPECT_TRUE(found.is_all);
}

TEST(ExploredStage, FindsBothOrdersOfARace) {
  std::set<std::vector<std::string>> heard;
  const auto race = [&heard](const schedule& how) {
    stage s{{.order_of_steps = how, .io_threads = 1}};
    s.serves(std::make_shared<host>());
    auto ana = s.joins();
    auto bob = s.joins();
    ana.hears("welcome");
    s.at_once([&] {
      ana.says("1");
      bob.says("2");
    });
    heard.insert(ana.takes_all());
    bob.takes_all();
    s.all_is_quiet();
  };

  const auto found = explore(race, {.max_schedules = 50, .random_schedules = 100});

  EXPECT_EQ(heard, (std::set<std::vector<std::string>>{{"1", "2"}, {"2", "1"}}));
  EXPECT_FALSE(found.is_all);
}

TEST(ExploredStage, InTurnsHasFewerOrdersAndTheSameOutcomes) {
  using outcomes = std::set<std::pair<std::vector<std::string>, std::vector<std::string>>>;
  const auto explored = [](outcomes& into, thread_order how_threads) {
    return explore(
        [&into](const schedule& how) {
          stage s{{.order_of_steps = how, .io_threads = 1}};
          s.serves(std::make_shared<host>());
          auto ana = s.joins();
          client bob;
          s.at_once([&] {
            bob = s.joins();
            ana.says("1");
          });
          into.emplace(ana.takes_all(), bob.takes_all());
          s.all_is_quiet();
        },
        {.io_threads = how_threads});
  };
  outcomes of_any;
  outcomes in_turns;

  const auto any = explored(of_any, thread_order::any);
  const auto few = explored(in_turns, thread_order::in_turns);

  EXPECT_TRUE(any.is_all);
  EXPECT_TRUE(few.is_all);
  EXPECT_EQ(of_any, in_turns);
  EXPECT_GT(of_any.size(), 1u) << "there is nothing to compare";
  EXPECT_LT(10 * few.schedules, any.schedules);
}

// The budget of the process is one for all connections, whatever their threads: the reduction must
// not take their steps for apart.
TEST(ExploredStage, ReducedItSeesEveryOutcomeOfASharedBudget) {
  using outcomes = std::set<std::pair<bool, bool>>; ///< whether ana is closed for it, and bob
  const auto explored = [](outcomes& into, bool is_reduced) {
    return explore(
        [&into](const schedule& how) {
          stage s{{.order_of_steps = how, .io_threads = 2, .max_buffered_bytes = 1500}};
          s.serves(std::make_shared<host>());
          auto ana = s.joins_as({.io_thread = 0});
          auto bob = s.joins_as({.io_thread = 1});
          for (auto* who : {&ana, &bob}) {
            who->hears("welcome");
            who->stops_reading();
          }
          s.at_once([&] { ana.says(std::string(1000, 'x')); });
          for (auto* who : {&ana, &bob})
            who->reads_again();
          const auto is_cut = [](client& who) {
            const auto heard = who.takes_all();
            return heard.empty() || heard.front().size() != 1000;
          };
          const bool ana_is = is_cut(ana);
          into.emplace(ana_is, is_cut(bob));
        },
        {.max_schedules = 50'000,
         .tasks = reach::own_mailbox,
         .io_threads = thread_order::in_turns,
         .is_reduced = is_reduced});
  };
  outcomes of_all;
  outcomes of_some;

  const auto all = explored(of_all, false);
  const auto some = explored(of_some, true);

  EXPECT_TRUE(all.is_all);
  EXPECT_TRUE(some.is_all);
  EXPECT_EQ(of_all, of_some);
  EXPECT_GT(of_all.size(), 1u) << "there is nothing to compare";
  // Runs that turn out to be redundant see outcomes by luck.
  EXPECT_GE(some.schedules, of_some.size());
  EXPECT_LT(some.schedules, all.schedules);
}

TEST(ExploredStage, LetsTimePassAtAnyMoment) {
  std::set<std::size_t> pings;
  const auto silence = [&pings](const schedule& how) {
    stage s{{.order_of_steps = how, .io_threads = 1}};
    s.serves(std::make_shared<host>(), {.path = "/chat", .ping_after = 1s, .pong_within = 1s});
    auto ana = s.joins();
    ana.hears("welcome");
    s.at_once([&] {
      s.time_may_pass(1500ms);
      ana.leaves();
    });
    pings.insert(ana.pings_heard());
    EXPECT_FALSE(ana.is_connected());
    s.all_is_quiet();
  };

  const auto found = explore(silence);

  EXPECT_TRUE(found.is_all);
  EXPECT_EQ(pings, (std::set<std::size_t>{0, 1}));
}

TEST(ExploredStage, TimersOfWorkersFireWhereverTheyCould) {
  std::set<std::string> seen;
  const auto deadline = [&seen](const schedule& how) {
    stage s{{.order_of_steps = how, .io_threads = 1}};
    std::string heard;
    s.at_once([&] {
      s.time_may_pass(2s);
      s.calls("bob", [&heard](worker& bob) { bob.after(1s, [&heard] { heard += 't'; }); });
      s.calls("ana", [&heard](worker& ana) { ana.call("bob", [&heard] { heard += 'a'; }); });
    });
    seen.insert(heard);
  };

  const auto found = explore(deadline);

  EXPECT_TRUE(found.is_all);
  EXPECT_EQ(seen, (std::set<std::string>{"at", "ta"}));
}

TEST(ExploredStage, DrawsTheScheduleThatFails) {
  const failures_of what{[] {
    explore(
        [](const schedule& how) {
          stage s{{.order_of_steps = how, .io_threads = 1}};
          s.serves(std::make_shared<host>());
          auto ana = s.joins();
          auto bob = s.joins();
          s.at_once([&] {
            ana.says("1");
            bob.says("2");
          });
          bob.takes_all();
          ana.hears("welcome");
          ana.hears("1");
          ana.takes_all();
        },
        {.max_schedules = 300});
  }};

  EXPECT_EQ(what.count(), 1);
  EXPECT_THAT(what.text(),
              AllOf(HasSubstr("ana should hear \"1\", but hears \"2\""),
                    HasSubstr("bob's \"2\" arrives at I/O thread 0"), HasSubstr("I/O thread 0"),
                    HasSubstr("WebSocketServer"), HasSubstr("received given at ")));
}

} // namespace
