// The verbs about the mail of CAF actors, each broken on purpose.

#include "tests/kit/test/failures_of.hpp"

#include <callsign/testkit/native/actor_world.hpp>

#include <gmock/gmock.h>

#include <string>
#include <vector>

namespace {

using namespace std::chrono_literals;
using callsign::testkit::failures_of;
using callsign::testkit::mail;
using callsign::testkit::this_line;
using callsign::testkit::native::actor_world;
using testing::AllOf;
using testing::ElementsAre;
using testing::Gt;
using testing::HasSubstr;
using testing::StartsWith;

/// Answers numbers with their doubles, and writes down words.
caf::behavior counting(caf::event_based_actor* self, std::vector<std::string>* heard) {
  return {
      [](int n) { return 2 * n; },
      [=](const std::string& word) { heard->push_back(word); },
      [=](const std::string& word, int n) {
        for (; n > 0; --n)
          heard->push_back(word);
        self->send(caf::actor_cast<caf::actor>(self->current_sender()), word);
      },
  };
}

class Actors : public testing::Test, public actor_world {
protected:
  static void fails(int line, const failures_of& what, const testing::Matcher<std::string>& words) {
    EXPECT_EQ(what.count(), 1) << what.text();
    EXPECT_EQ(what.line(), line);
    EXPECT_EQ(what.file(), __FILE__);
    EXPECT_THAT(what.text(), words);
  }
  std::vector<std::string> heard;
  caf::actor ana = spawn(counting, &heard);
  caf::actor bob = spawn(counting, &heard);
};

TEST_F(Actors, AnswerOneStepAtATime) {
  inject<std::string, int>("hello", 2).from(ana).to(bob);
  EXPECT_THAT(heard, ElementsAre("hello", "hello"));

  expect<std::string>("hello").from(bob).to(ana);

  EXPECT_THAT(heard, ElementsAre("hello", "hello", "hello"));
  expect_silence();
}

TEST_F(Actors, AndWorkersShareTheirWorld) {
  call("eve", [this] { caf::anon_send(bob, std::string{"from a worker"}); });

  expect(mail::task).to("eve");
  expect<std::string>(StartsWith("from")).to(bob);

  EXPECT_THAT(heard, ElementsAre("from a worker"));
  expect_silence();
}

TEST_F(Actors, ExpectFailsAtItsOwnLineWhenNothingWaits) {
  int line = 0;

  const failures_of what{[&] {
    line = this_line() + 1;
    expect<std::string>("hello").from(ana).to(bob);
  }};

  fails(line, what,
        AllOf(HasSubstr("expected (std::string is equal to \"hello\") from "),
              HasSubstr("nothing waits for it"), HasSubstr("nothing is ready")));
}

TEST_F(Actors, ExpectFailsForOtherTypesValuesAndSenders) {
  caf::anon_send(bob, 5);
  int line = 0;

  const failures_of types{[&] {
    line = this_line() + 1;
    expect<std::string>().to(bob);
  }};
  fails(line, types,
        AllOf(HasSubstr("next comes (5) from nobody"), HasSubstr("ready:\n  actor "),
              HasSubstr(": (5)")));

  const failures_of values{[&] {
    line = this_line() + 1;
    expect<int>(Gt(6)).to(bob);
  }};
  fails(line, values, AllOf(HasSubstr("(int is > 6)"), HasSubstr("next comes (5)")));

  const failures_of senders{[&] {
    line = this_line() + 1;
    expect<int>(5).from(ana).to(bob);
  }};
  fails(line, senders, HasSubstr("next comes (5) from nobody"));

  expect<int>(Gt(4)).to(bob);
  expect_silence();
}

TEST_F(Actors, AllowRunsWhatIsMeantAndNothingElse) {
  caf::anon_send(bob, std::string{"hello"});

  EXPECT_FALSE(allow<int>().to(bob));
  EXPECT_FALSE(allow<std::string>("other").to(bob));
  EXPECT_FALSE(allow<std::string>().to(ana));
  EXPECT_THAT(heard, ElementsAre());
  EXPECT_TRUE(allow<std::string>("hello").to(bob));

  EXPECT_THAT(heard, ElementsAre("hello"));
}

TEST_F(Actors, DisallowFailsAtItsOwnLine) {
  caf::anon_send(bob, 5);
  int line = 0;

  disallow<int>(6).to(bob);
  disallow<int>().to(ana);
  const failures_of what{[&] {
    line = this_line() + 1;
    disallow<int>(5).to(bob);
  }};

  fails(line, what, HasSubstr("is not allowed here"));
  run();
}

TEST_F(Actors, InjectFailsWhenSomethingWaitsAlready) {
  caf::anon_send(bob, 5);
  int line = 0;

  const failures_of what{[&] {
    line = this_line() + 1;
    inject<std::string>("hello").to(bob);
  }};

  fails(line, what,
        AllOf(HasSubstr("the injected (\"hello\")"), HasSubstr("would not be the next step"),
              HasSubstr("(5) from nobody")));
  run();
}

TEST_F(Actors, PreponeChangesWhoIsQuicker) {
  caf::anon_send(bob, std::string{"first"});
  inject<std::string, int>("second", 0).from(bob).to(ana);

  prepone<std::string>("second").from(ana).to(bob);
  run();

  EXPECT_THAT(heard, ElementsAre("second", "first"));
}

TEST_F(Actors, PreponeFailsWithoutSuchMailAndWhereItWouldOvertakeItself) {
  caf::anon_send(bob, std::string{"first"});
  caf::anon_send(bob, std::string{"second"});
  int line = 0;

  const failures_of none{[&] {
    line = this_line() + 1;
    prepone<int>().to(bob);
  }};
  fails(line, none, HasSubstr("there is no (int is anything) to "));

  const failures_of itself{[&] {
    line = this_line() + 1;
    prepone<std::string>("second").to(bob);
  }};
  fails(line, itself, HasSubstr("it would overtake (\"first\") from nobody"));

  run();
  EXPECT_THAT(heard, ElementsAre("first", "second"));
}

TEST_F(Actors, ExpectSilenceFailsAtItsOwnLineAndSaysWhatIsReady) {
  caf::anon_send(bob, 5);
  int line = 0;

  const failures_of what{[&] {
    line = this_line() + 1;
    expect_silence();
  }};

  fails(line, what, AllOf(HasSubstr("this is no silence\nready:\n  actor "), HasSubstr(": (5)")));
  run();
}

TEST_F(Actors, KeepTheTimeOfTheWorld) {
  const auto late = spawn(
      [](caf::event_based_actor* self, std::vector<std::string>* words) -> caf::behavior {
        self->delayed_send(self, 20s, std::string{"late"});
        return {[words](const std::string& word) { words->push_back(word); }};
      },
      &heard);

  clock().advance(19s);
  run();
  EXPECT_THAT(heard, ElementsAre());
  clock().advance(1s);
  EXPECT_THAT(steps().ready(), ElementsAre("a time-out or a delayed message of an actor"));
  steps().run_one();
  expect<std::string>("late").from(late).to(late);

  EXPECT_THAT(heard, ElementsAre("late"));
  expect_silence();
}

} // namespace
