// Each promise, broken on purpose.

#include "tests/kit/test/failures_of.hpp"

#include <callsign/testkit/promises.hpp>
#include <callsign/testkit/story.hpp>

#include <gmock/gmock.h>

namespace {

using namespace callsign;
using namespace callsign::testkit;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class Promises : public testing::Test {
protected:
  Promises() {
    for (const char* who : {"ana", "bob", "eve"}) {
      all.admitted(who);
      all.heard(who, "welcome");
    }
  }
  promises all{{.greeting = "welcome"}};
};

TEST_F(Promises, AreKeptWhereEverybodyHearsEverythingInOneOrder) {
  all.said("ana", "a");
  all.said("bob", "b");
  all.heard("eve", "b");
  all.heard("eve", "a");
  all.heard("bob", "a");
  all.heard("ana", "a notice");
  all.heard("ana", "b");
  all.heard("ana", "a notice");
  all.ended("bob");

  EXPECT_THAT(all.broken(), IsEmpty());
  EXPECT_EQ(all.count_of_said(), 2u);
  EXPECT_EQ(all.count_of_heard(), 9u);
}

TEST_F(Promises, AreBrokenByALoss) {
  all.said("ana", "a");
  all.heard("bob", "a");

  EXPECT_THAT(all.broken(), ElementsAre("eve never hears \"a\", which ana said"));
  all.leaves("eve");
  EXPECT_THAT(all.broken(), IsEmpty());
}

TEST_F(Promises, SayNothingAboutWhatWasSaidBeforeOneCame) {
  all.said("ana", "a");
  all.heard("bob", "a");
  all.heard("eve", "a");
  all.admitted("dora");

  EXPECT_THAT(all.broken(), IsEmpty());
}

TEST_F(Promises, AreBrokenByADuplicate) {
  all.said("ana", "a");
  for (const char* who : {"bob", "eve", "eve"})
    all.heard(who, "a");

  EXPECT_THAT(all.broken(), ElementsAre("eve hears \"a\" twice"));
}

TEST_F(Promises, AreBrokenByTwoOrders) {
  all.said("ana", "a");
  all.said("bob", "b");
  all.admitted("dora");
  all.heard("ana", "b");
  all.heard("bob", "a");
  all.heard("dora", "b");
  all.heard("dora", "a");
  all.heard("eve", "a");
  all.heard("eve", "b");

  EXPECT_THAT(all.broken(),
              testing::Contains("eve hears \"a\" before \"b\", but dora hears it behind"));
}

TEST(PromisesOfOrder, AreBrokenInACircleThoughAnyTwoAgree) {
  promises all{{.everybody_hears = false}};
  all.said("ana", "1");
  all.said("bob", "2");
  all.said("carol", "3");
  all.heard("dora", "1");
  all.heard("dora", "2");
  all.heard("eve", "2");
  all.heard("eve", "3");
  EXPECT_THAT(all.broken(), IsEmpty());

  all.heard("frank", "3");
  all.heard("frank", "1");

  EXPECT_THAT(all.broken(),
              ElementsAre("there is no one order: dora hears \"1\" before \"2\", eve hears "
                          "\"2\" before \"3\", frank hears \"3\" before \"1\""));
}

TEST_F(Promises, AreBrokenBySomebodysWordsInAnotherOrder) {
  all.said("ana", "1");
  all.said("ana", "2");
  for (const char* who : {"bob", "eve"}) {
    all.heard(who, "2");
    all.heard(who, "1");
  }

  EXPECT_THAT(all.broken(), ElementsAre("bob hears \"2\" before \"1\", but ana said it behind",
                                        "eve hears \"2\" before \"1\", but ana said it behind"));
}

TEST_F(Promises, AreBrokenByALateOrASecondGreeting) {
  all.admitted("dora");
  all.heard("dora", "a notice");
  all.heard("dora", "welcome");
  all.heard("ana", "welcome");

  EXPECT_THAT(all.broken(),
              ElementsAre("ana is greeted twice", "dora hears \"a notice\" before its greeting"));
}

TEST_F(Promises, AreBrokenByASecondEndAndWordsBehindIt) {
  all.ended("ana");
  all.heard("ana", "a notice");
  all.ended("ana");

  EXPECT_THAT(all.broken(), ElementsAre("ana hears \"a notice\" behind its end", "ana ends twice"));
}

TEST_F(Promises, MayBeThatSpeakersHearThemselves) {
  promises echo{{.speakers_hear_themselves = true}};
  echo.admitted("ana");
  echo.said("ana", "a");

  EXPECT_THAT(echo.broken(), ElementsAre("ana never hears \"a\", which ana said"));
}

TEST_F(Promises, CannotBeCheckedWhereTwoSayTheSame) {
  all.said("ana", "a");
  all.said("bob", "a");

  EXPECT_THAT(all.broken(), testing::Contains(HasSubstr("was said twice")));
}

// -- in a story -----------------------------------------------------------------------------------

/// Tells the others what one says, but for those that begin with "lost".
class relay final : public connection_handler {
public:
  void on_open(websocket_connection& ws) override { ws.send("welcome"); }
  void on_message(websocket_connection& ws, const message& heard) override {
    if (!heard.text().starts_with("lost"))
      ws.server().broadcast(heard, except(ws));
    if (heard.text().starts_with("twice"))
      ws.server().broadcast(heard, except(ws));
  }
};

class doorman final : public server_handler {
public:
  admission on_connection(websocket_server&, const request&) override {
    return std::make_unique<relay>();
  }
};

class PromisedStory : public story {
protected:
  PromisedStory() {
    serves(std::make_shared<doorman>());
    watches_promises({.greeting = "welcome"});
  }
};

TEST_F(PromisedStory, IsKept) {
  auto ana = joins();
  auto bob = joins();
  at_once([&] {
    ana.says("1");
    joins();
    bob.says("2");
    bob.leaves();
  });
  ana.says("3");

  keeps_its_promises();
}

TEST_F(PromisedStory, KnowsThatWhoLeftOrFellSilentHearsNothing) {
  auto ana = joins();
  auto bob = joins();
  auto eve = joins();
  bob.falls_silent();
  eve.vanishes();
  ana.says("1");
  ana.leaves();
  joins();

  keeps_its_promises();
}

TEST(UnwatchedStory, CannotKeepWhatNobodyWatched) {
  stage s;
  int line = 0;
  const failures_of what{[&] {
    line = this_line() + 1;
    s.keeps_its_promises();
  }};
  EXPECT_EQ(what.line(), line);
  EXPECT_THAT(what.text(), HasSubstr("no promise was watched"));
}

TEST_F(PromisedStory, FailsAtItsOwnLineWhenItIsNot) {
  auto ana = joins();
  auto bob = joins();
  ana.says("lost");
  ana.says("twice");
  int line = 0;

  const failures_of what{[&] {
    line = this_line() + 1;
    keeps_its_promises();
  }};

  EXPECT_EQ(what.count(), 1);
  EXPECT_EQ(what.line(), line);
  EXPECT_THAT(what.text(), AllOf(HasSubstr("a promise is broken: bob hears \"twice\" twice"),
                                 HasSubstr("a promise is broken: bob never hears \"lost\""),
                                 HasSubstr("joins /chat")));
}

} // namespace
