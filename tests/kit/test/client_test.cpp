// Each verb of a client, with its subject broken on purpose: the failure must name the story's line
// and say what was heard instead.

#include "tests/kit/test/client_cast.hpp"

namespace {

using namespace callsign;
using namespace callsign::testkit;
using namespace std::chrono_literals;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

TEST_F(Client, HearsSaysWhatWasHeardInstead) {
  auto ana = joins();
  ana.says("send and more");
  int line = 0;

  const failures_of what{[&] {
    line = this_line() + 1;
    ana.hears("goodbye");
  }};

  fails(line, what,
        AllOf(HasSubstr("ana should hear \"goodbye\", but hears \"welcome\"; then \"and more\""),
              HasSubstr("the steps:\n"
                        "  ana    program\n"
                        "   |------->|   joins /chat\n"
                        "   |<-------|   admitted with HTTP 101\n"
                        "   |<-------|   \"welcome\"\n"
                        "   |------->|   \"send and more\"\n"
                        "   |<-------|   \"and more\"")));
  ana.takes_all();
}

TEST_F(Client, HearsSaysThatNothingWasHeard) {
  auto ana = joins();
  ana.hears("welcome");
  int line = 0;

  const failures_of what{[&] {
    line = this_line() + 1;
    ana.hears("hello");
  }};

  fails(line, what, HasSubstr("ana should hear \"hello\", but it hears nothing"));
}

TEST_F(Client, HearsIsExact) {
  auto ana = joins();
  ana.hears("welcome");
  ana.says("bytes text");
  int line = 0;

  const failures_of kind{[&] {
    line = this_line() + 1;
    ana.hears("text");
  }};
  fails(line, kind, HasSubstr("ana should hear \"text\", but hears <74 65 78 74>"));

  ana.says("send text");
  const failures_of other_kind{[&] {
    line = this_line() + 1;
    ana.hears_binary("text");
  }};
  fails(line, other_kind, HasSubstr("ana should hear <74 65 78 74>, but hears \"text\""));

  ana.says("send text ");
  const failures_of letters{[&] {
    line = this_line() + 1;
    ana.hears("text");
  }};
  fails(line, letters, HasSubstr("but hears \"text \""));
}

TEST_F(Client, HearsInAnyOrderTakesEachOnce) {
  auto ana = joins();
  ana.says("send b");
  ana.says("send a");
  ana.hears_in_any_order({"a", "b", "welcome"});
  ana.hears_nothing();

  ana.says("send a");
  ana.says("send c");
  int line = 0;
  const failures_of what{[&] {
    line = this_line() + 1;
    ana.hears_in_any_order({"a", "b"});
  }};
  fails(line, what, HasSubstr("ana should hear, in any order, \"b\", but hears \"c\""));

  const failures_of nothing{[&] {
    line = this_line() + 1;
    ana.hears_in_any_order({"x", "y"});
  }};
  fails(line, nothing, HasSubstr("in any order, \"x\", \"y\", but it hears nothing"));
}

TEST_F(Client, HearsNothingSaysWhatWasHeard) {
  auto ana = joins();
  int line = 0;

  const failures_of what{[&] {
    line = this_line() + 1;
    ana.hears_nothing();
  }};

  fails(line, what, HasSubstr("ana should hear nothing, but hears \"welcome\""));
  ana.hears_nothing();
}

TEST_F(Client, IsRefusedSaysWhatHappenedInstead) {
  joins_as({.url = "/chat?bad=1"}).is_refused(403);
  int line = 0;

  const failures_of other{[&] {
    line = this_line() + 1;
    joins_as({.name = "eve", .url = "/chat?bad=1"}).is_refused(503);
  }};
  fails(line, other,
        HasSubstr(
            "eve should be refused with HTTP 503, but hears refused with HTTP 403 \"not you\""));

  auto ana = joins();
  ana.hears("welcome");
  const failures_of admitted{[&] {
    line = this_line() + 1;
    ana.is_refused(403);
  }};
  fails(line, admitted, HasSubstr("should be refused with HTTP 403, but is admitted"));
}

TEST_F(Client, IsToldGoodbyeComparesCodeAndReason) {
  auto ana = joins();
  auto bob = joins();
  auto eve = joins();
  for (auto* who : {&ana, &bob, &eve})
    who->takes_all();
  ana.says("goodbye 4000 enough");
  ana.is_told_goodbye(4000, "enough");
  int line = 0;

  bob.says("goodbye 4000 enough");
  const failures_of code{[&] {
    line = this_line() + 1;
    bob.is_told_goodbye(1000);
  }};
  fails(line, code, HasSubstr("bob should hear goodbye 1000, but hears goodbye 4000 \"enough\""));

  eve.says("goodbye 4000 enough");
  const failures_of reason{[&] {
    line = this_line() + 1;
    eve.is_told_goodbye(4000, "other");
  }};
  fails(line, reason,
        HasSubstr("eve should hear goodbye 4000 \"other\", but hears goodbye 4000 \"enough\""));

  const failures_of nothing{[&] {
    line = this_line() + 1;
    ana.is_told_goodbye(4000);
  }};
  fails(line, nothing, HasSubstr("but it hears nothing; its line is over"));
}

TEST_F(Client, IsCutOffFailsForALineThatLives) {
  auto ana = joins();
  ana.hears("welcome");
  int line = 0;

  const failures_of what{[&] {
    line = this_line() + 1;
    ana.is_cut_off();
  }};

  fails(line, what, HasSubstr("ana should hear the line is cut, but it hears nothing"));
}

TEST_F(Client, FindsNobodyFailsWhenSomebodyListens) {
  int line = 0;

  const failures_of what{[&] {
    line = this_line() + 1;
    joins().finds_nobody();
  }};

  fails(line, what, HasSubstr("ana should find nobody, but somebody listens there"));
}

TEST_F(Client, WhoFoundNobodyHearsNothingAndSaysNothing) {
  web().stop();
  auto ana = joins();
  ana.finds_nobody();
  ana.says("hello");
  ana.hears_nothing();
  ana.leaves();
  ana.vanishes();
  EXPECT_FALSE(ana.is_connected());
  int line = 0;

  const failures_of what{[&] {
    line = this_line() + 1;
    ana.hears("welcome");
  }};

  fails(line, what, HasSubstr("ana should hear \"welcome\", but hears nobody listens there"));
}

// -- what clients do by themselves ----------------------------------------------------------------

TEST_F(Client, AreCalledAnaBobEveAndThenByNumber) {
  EXPECT_EQ(joins().name(), "ana");
  EXPECT_EQ(joins().name(), "bob");
  EXPECT_EQ(joins().name(), "eve");
  EXPECT_EQ(joins().name(), "client 4");
  EXPECT_EQ(joins_as({.name = "dora"}).name(), "dora");
}

TEST_F(Client, AnswerAGoodbyeUnlessToldNotTo) {
  auto ana = joins();
  auto bob = joins();
  bob.ignores_goodbyes();
  ana.says("goodbye 4000");
  bob.says("goodbye 4000");

  EXPECT_FALSE(ana.is_connected());
  EXPECT_TRUE(bob.is_connected());
  passes(std::chrono::seconds{6});
  EXPECT_FALSE(bob.is_connected());
  EXPECT_THAT(bob.takes_all(), ElementsAre("welcome", "goodbye 4000", "the line is cut"));
}

TEST_F(Client, WhoHasFallenSilentHearsNothingAndStaysConnected) {
  auto ana = joins();
  ana.hears("welcome");
  ana.says("send hello");
  ana.falls_silent();
  ana.says("send more");

  ana.hears("hello");
  ana.hears_nothing();
  EXPECT_TRUE(ana.is_connected());
}

} // namespace
