// Random operations on a few names, against the model of what must come of them. Bound: 400 seeds
// of 80 operations on three names each; CALLSIGN_SEED runs a single one.

#include <callsign/testkit/world.hpp>

#include "tests/actors/name_model.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace callsign;
using namespace callsign::tests;
using callsign::testkit::mail;

constexpr std::uint64_t seeds = 400;
constexpr int operations = 80;
constexpr std::array<const char*, 3> names{"ana", "bob", "eve"};

/// One run: the same done to the workers and to the model.
class fuzz {
public:
  explicit fuzz(std::uint64_t seed) : dice_{seed}, model_{main_worker + 1} {
    world_.workers().on_error([](const task_error&) {});
  }

  void run() {
    for (int i = 0; i < operations && !testing::Test::HasFailure(); ++i) {
      act();
      compare();
    }
    if (testing::Test::HasFailure())
      return;
    if (roll(2) == 0) {
      deeds_ += "\nthe set ends";
      model_.shut();
      world_.workers().stop();
      compare();
      call_by_name();
      compare();
    } else {
      while (step_somebody()) {
      }
      world_.run(); // a worker that was hired looks into its mailbox, and finds nothing
      compare();
    }
    check_answers();
  }

  [[nodiscard]] const std::string& deeds() const noexcept { return deeds_; }

private:
  /// What is called; tells its fate.
  struct note {
    fuzz* in;
    name_model::mail what;

    void operator()(worker& self) const {
      in->set(what.id, {.is = fate::kind::ran, .in = self.number()});
      if (what.does == deed::kills_itself || what.does == deed::kills_and_calls_itself)
        self.kill();
      if (what.does == deed::calls_itself || what.does == deed::kills_and_calls_itself) {
        const auto id = in->new_id();
        in->note_answer(id, self.call(self.name(), note{in, {id, deed::nothing}}));
      }
      if (what.does == deed::throws)
        throw std::runtime_error("as it was told to");
    }
    void dropped(drop_reason why) const noexcept {
      in->set(what.id, {.is = fate::kind::dropped, .why = why});
    }
  };

  [[nodiscard]] std::uint64_t roll(std::uint64_t sides) { return dice_() % sides; }
  [[nodiscard]] std::string any_name() { return names[roll(names.size())]; }
  [[nodiscard]] worker_number any_number() {
    worker_number last = main_worker + 1;
    for (const auto& [name, who] : model_.names)
      last = std::max(last, who.number);
    return main_worker + 1 + roll(last);
  }
  [[nodiscard]] runs_on any_kind() {
    constexpr std::array kinds{runs_on::pool, runs_on::own_thread, runs_on::cooperative};
    return kinds[roll(kinds.size())];
  }
  [[nodiscard]] deed any_deed() {
    constexpr std::array deeds{deed::nothing,
                               deed::nothing,
                               deed::kills_itself,
                               deed::calls_itself,
                               deed::kills_and_calls_itself,
                               deed::throws};
    return deeds[roll(deeds.size())];
  }

  int new_id() {
    seen_.emplace_back();
    return static_cast<int>(seen_.size()) - 1;
  }
  void set(int id, fate what) noexcept {
    auto& mine = seen_[static_cast<std::size_t>(id)];
    EXPECT_EQ(mine.is, fate::kind::pending) << "task " << id << " has two ends";
    mine = what;
  }
  void note_answer(int id, call_result answer) {
    if (answer != call_result::queued && answer != call_result::created)
      set(id, {.is = fate::kind::refused, .answer = answer});
  }

  void act() {
    switch (roll(16)) {
    case 0:
    case 1:
    case 2: call_by_name(); return;
    case 3: call_by_number(); return;
    case 4: ask(); return;
    case 5: {
      const auto name = any_name();
      deeds_ += "\nkill " + name;
      model_.kill(name);
      world_.workers().kill(name);
      return;
    }
    case 6: {
      const auto number = any_number();
      deeds_ += "\nkill " + std::to_string(number);
      model_.kill(number);
      world_.workers().kill(number);
      return;
    }
    case 7: {
      const auto name = any_name();
      deeds_ += "\nabort " + name;
      model_.abort(name);
      world_.workers().abort(name);
      return;
    }
    case 8: hire(); return;
    case 9: limit(); return;
    default: step_somebody(); return;
    }
  }

  void call_by_name() {
    const auto name = any_name();
    const name_model::mail what{new_id(), any_deed()};
    ASSERT_EQ(model_.new_id(), what.id);
    deeds_ += "\ncall " + name + " with task " + std::to_string(what.id);
    const auto expected = model_.call(name, what, 0);
    const auto got = world_.workers().call(name, note{this, what});
    EXPECT_EQ(got, expected);
    note_answer(what.id, got);
  }

  void call_by_number() {
    const auto number = any_number();
    const name_model::mail what{new_id(), any_deed()};
    ASSERT_EQ(model_.new_id(), what.id);
    deeds_ += "\ncall " + std::to_string(number) + " with task " + std::to_string(what.id);
    const auto expected = model_.call(number, what);
    const auto got = world_.workers().call(number, note{this, what});
    EXPECT_EQ(got, expected);
    note_answer(what.id, got);
  }

  /// The answer is looked at in the end.
  void ask() {
    const auto name = any_name();
    const auto id = new_id();
    ASSERT_EQ(model_.new_id(), id);
    deeds_ += "\nask " + name + " with task " + std::to_string(id);
    asked_.emplace_back(id, world_.workers().ask(name, [this, id](worker& self) {
      set(id, {.is = fate::kind::ran, .in = self.number()});
      return id;
    }));
    model_.call(name, {id, deed::nothing}, 0);
  }

  void hire() {
    const auto name = any_name();
    const auto where = any_kind();
    deeds_ += "\nhire " + name + " for " + std::to_string(static_cast<int>(where));
    const bool expected = model_.hire(name, where);
    bool got = true;
    try {
      world_.workers().hire(name, where);
    } catch (const failure& why) {
      EXPECT_EQ(why.code(), errc::worker_kind_differs);
      got = false;
    }
    EXPECT_EQ(got, expected);
  }

  void limit() {
    constexpr std::array rules{when_full::reject, when_full::drop_oldest, when_full::drop_newest};
    const auto name = any_name();
    const mailbox_limit to{.most = roll(4), .then = rules[roll(rules.size())]};
    deeds_ += "\nlimit " + name + " to " + std::to_string(to.most);
    model_.limit(name, to);
    world_.workers().limit(name, to);
  }

  bool step_somebody() {
    std::vector<std::string> ready;
    for (const char* name : names) {
      if (model_.next_step(name))
        ready.emplace_back(name);
    }
    if (ready.empty())
      return false;
    const auto& name = ready[roll(ready.size())];
    const bool is_entry = *model_.next_step(name);
    deeds_ += '\n' + name + (is_entry ? " runs" : " ends");
    const bool ran = world_.allow(is_entry ? mail::task : mail::end).to(name);
    EXPECT_TRUE(ran) << name << " has something else to do, or nothing";
    if (!ran)
      return false;
    model_.step(name);
    return true;
  }

  /// Everything that can be seen from outside is as the model has it.
  void compare() {
    for (const char* name : names) {
      const auto found = model_.names.find(name);
      const auto expected = found == model_.names.end() ? name_model::name_state{} : found->second;
      const auto number = world_.workers().number_of(name);
      EXPECT_EQ(number, expected.number) << name;
      EXPECT_EQ(world_.workers().waiting(name), expected.waiting()) << name;
      const auto info = world_.workers().info(number);
      ASSERT_EQ(info.has_value(), expected.number != 0) << name;
      if (!info)
        continue;
      EXPECT_EQ(info->incarnation, expected.incarnation) << name;
      EXPECT_EQ(info->kind, *expected.kind) << name;
      EXPECT_EQ(info->failed, expected.failed) << name;
      EXPECT_EQ(info->rejected, expected.rejected) << name;
    }
    EXPECT_EQ(world_.workers().dead_letters(), model_.dead_letters);
    ASSERT_EQ(seen_.size(), model_.fates.size());
    for (std::size_t id = 0; id < seen_.size(); ++id) {
      const bool is_asked = std::ranges::any_of(
          asked_, [&](const auto& one) { return one.first == static_cast<int>(id); });
      // What an ask was told shows in its answer.
      if (!is_asked || model_.fates[id].is == fate::kind::ran) {
        EXPECT_EQ(seen_[id], model_.fates[id]) << "task " << id;
      }
    }
  }

  void check_answers() {
    for (auto& [id, coming] : asked_) {
      const auto& expected = model_.fates[static_cast<std::size_t>(id)];
      auto got = coming.result();
      switch (expected.is) {
      case fate::kind::pending: ADD_FAILURE() << "task " << id << " never ended"; break;
      case fate::kind::ran: EXPECT_EQ(*got, id); break;
      case fate::kind::dropped:
      case fate::kind::refused:
        ASSERT_FALSE(got.has_value()) << "task " << id;
        EXPECT_EQ(got.why().code, code_of(expected)) << "task " << id;
        break;
      }
    }
  }

  static errc code_of(const fate& what) {
    if (what.is == fate::kind::dropped) {
      switch (what.why) {
      case drop_reason::killed: return errc::worker_killed;
      case drop_reason::overflow: return errc::mailbox_full;
      default: return errc::shutting_down;
      }
    }
    switch (what.answer) {
    case call_result::mailbox_full:
    case call_result::dropped: return errc::mailbox_full;
    default: return errc::shutting_down;
    }
  }

  std::mt19937_64 dice_;
  name_model model_;
  std::vector<fate> seen_;
  std::string deeds_;
  testkit::world world_;
  std::vector<std::pair<int, asked<int>>> asked_;
};

void run_seed(std::uint64_t seed) {
  fuzz one{seed};
  one.run();
  if (testing::Test::HasFailure())
    ADD_FAILURE() << "seed " << seed << ": to see it again, CALLSIGN_SEED=" << seed << one.deeds();
}

TEST(NameFuzz, TheDirectoryDoesWhatTheModelDoes) {
  if (const char* seed = std::getenv("CALLSIGN_SEED")) {
    run_seed(std::stoull(seed));
    return;
  }
  for (std::uint64_t seed = 1; seed <= seeds && !HasFailure(); ++seed)
    run_seed(seed);
}

} // namespace
