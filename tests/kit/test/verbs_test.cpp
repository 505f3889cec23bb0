// What somebody does is a verb, too: where the program does not come to rest behind it, it fails at
// its own line. And stages that are used as they are not meant to be.

#include "tests/kit/test/client_cast.hpp"

#include <functional>

namespace {

using namespace callsign;
using namespace callsign::testkit;
using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;

/// A worker that never has enough.
struct again {
  void operator()(worker& self) const { self.call(self.name(), again{}); }
};

/// Somebody does something, and answers the line where.
struct deed {
  const char* name;
  std::function<int(stage&, client&)> does;
  friend void PrintTo(const deed& one, std::ostream* out) { *out << one.name; }
};

class RestlessProgram : public story, public testing::WithParamInterface<deed> {
protected:
  RestlessProgram() : story{{.max_steps = 200}} {
    serves(std::make_shared<doorkeeper>(), {.path = "/chat"});
  }
};

TEST_P(RestlessProgram, FailsAtTheLineBehindWhichItDoesNotRest) {
  auto ana = joins();
  int line = 0;

  // Nothing of it runs before the verb.
  world().call("restless", again{});
  const failures_of what{[&] { line = GetParam().does(*this, ana); }};

  EXPECT_GE(what.count(), 1);
  EXPECT_EQ(what.line(), line);
  EXPECT_EQ(what.file(), __FILE__);
  EXPECT_THAT(what.text(),
              AllOf(HasSubstr("the program does not come to rest: after 200 steps there is still "
                              "ready:\n  worker \"restless\": task given at verbs_test.cpp:"),
                    HasSubstr("|   joins /chat")));
  workers().kill("restless");
  ana.takes_all();
}

const std::vector<deed> deeds{
    {"Says",
     [](stage&, client& ana) {
       const int line = this_line() + 1;
       ana.says("hello");
       return line;
     }},
    {"SaysBinary",
     [](stage&, client& ana) {
       const int line = this_line() + 1;
       ana.says_binary("\x01");
       return line;
     }},
    {"BeginsToSay",
     [](stage&, client& ana) {
       const int line = this_line() + 1;
       ana.begins_to_say("hel");
       return line;
     }},
    {"Pings",
     [](stage&, client& ana) {
       const int line = this_line() + 1;
       ana.pings();
       return line;
     }},
    {"BreaksTheProtocol",
     [](stage&, client& ana) {
       const int line = this_line() + 1;
       ana.breaks_the_protocol();
       return line;
     }},
    {"Leaves",
     [](stage&, client& ana) {
       const int line = this_line() + 1;
       ana.leaves(1001, "home");
       return line;
     }},
    {"Vanishes",
     [](stage&, client& ana) {
       const int line = this_line() + 1;
       ana.vanishes();
       return line;
     }},
    {"FallsSilent",
     [](stage&, client& ana) {
       const int line = this_line() + 1;
       ana.falls_silent();
       return line;
     }},
    {"ReadsSlowly",
     [](stage&, client& ana) {
       const int line = this_line() + 1;
       ana.reads_slowly(100);
       return line;
     }},
    {"ReadsAgain",
     [](stage&, client& ana) {
       const int line = this_line() + 1;
       ana.reads_again();
       return line;
     }},
    {"TakesAll",
     [](stage&, client& ana) {
       const int line = this_line() + 1;
       ana.takes_all();
       return line;
     }},
    {"Joins",
     [](stage& here, client&) {
       const int line = this_line() + 1;
       here.joins();
       return line;
     }},
    {"JoinsAs",
     [](stage& here, client&) {
       const int line = this_line() + 1;
       here.joins_as({.name = "dora"});
       return line;
     }},
    {"Calls",
     [](stage& here, client&) {
       const int line = this_line() + 1;
       here.calls("bob", [] {});
       return line;
     }},
    {"Kills",
     [](stage& here, client&) {
       const int line = this_line() + 1;
       here.kills("bob");
       return line;
     }},
    {"Aborts",
     [](stage& here, client&) {
       const int line = this_line() + 1;
       here.aborts("bob");
       return line;
     }},
    {"Clears",
     [](stage& here, client&) {
       const int line = this_line() + 1;
       here.clears("/chat");
       return line;
     }},
    {"Passes",
     [](stage& here, client&) {
       const int line = this_line() + 1;
       here.passes(1s);
       return line;
     }},
    {"AtOnce",
     [](stage& here, client&) {
       const int line = this_line() + 1;
       here.at_once([] {});
       return line;
     }},
    {"Settle",
     [](stage& here, client&) {
       const int line = this_line() + 1;
       here.settle();
       return line;
     }},
};
INSTANTIATE_TEST_SUITE_P(Behind, RestlessProgram, testing::ValuesIn(deeds),
                         [](const auto& of) { return std::string{of.param.name}; });

// -- how a client takes things shows in what it hears ---------------------------------------------

TEST_F(Client, WhoHasStoppedReadingIsKnownByTheFailure) {
  auto ana = joins();
  ana.hears("welcome");
  ana.stops_reading(1);
  ana.says("send hello");
  int line = 0;

  const failures_of what{[&] {
    line = this_line() + 1;
    ana.hears("hello");
  }};

  fails(line, what, AllOf(HasSubstr("but it hears nothing"), HasSubstr("takes 1 bytes more")));
  ana.reads_again();
  ana.hears("hello");
}

TEST_F(Client, WhoHasFallenSilentIsKnownByTheFailure) {
  auto ana = joins();
  ana.hears("welcome");
  ana.falls_silent();
  ana.says("send hello");
  int line = 0;

  const failures_of what{[&] {
    line = this_line() + 1;
    ana.hears("hello");
  }};

  fails(line, what, AllOf(HasSubstr("but it hears nothing"), HasSubstr("falls silent")));
}

TEST_F(Client, WhoIgnoresGoodbyesIsCutOffInItsTimeAndNotBefore) {
  auto ana = joins();
  ana.hears("welcome");
  ana.ignores_goodbyes();
  ana.says("goodbye 4000");
  ana.is_told_goodbye(4000);
  int line = 0;

  const failures_of early{[&] {
    line = this_line() + 1;
    ana.is_cut_off();
  }};

  fails(line, early,
        AllOf(HasSubstr("ana should hear the line is cut, but it hears nothing"),
              HasSubstr("ignores goodbyes")));
  passes(6s);
  ana.is_cut_off();
}

TEST_F(Client, HearsBinarySaysThatNothingWasHeard) {
  auto ana = joins();
  ana.hears("welcome");
  int line = 0;

  const failures_of what{[&] {
    line = this_line() + 1;
    ana.hears_binary("\x01");
  }};

  fails(line, what, HasSubstr("ana should hear <01>, but it hears nothing"));
}

// -- a stage that is used as it is not meant to be ------------------------------------------------

class BareStage : public testing::Test {
protected:
  static void fails(int line, const failures_of& what, const testing::Matcher<std::string>& words) {
    EXPECT_EQ(what.count(), 1) << what.text();
    EXPECT_EQ(what.line(), line);
    EXPECT_EQ(what.file(), __FILE__);
    EXPECT_THAT(what.text(), words);
  }
  stage bare{{.has_web_server = false}};
};

TEST_F(BareStage, WebFailsAndThrowsWithoutAWebServer) {
  int line = 0;
  bool has_thrown = false;

  const failures_of what{[&] {
    try {
      line = this_line() + 1;
      static_cast<void>(bare.web());
    } catch (const std::logic_error&) {
      has_thrown = true;
    }
  }};

  fails(line, what, HasSubstr("this stage has no web server of its own"));
  EXPECT_TRUE(has_thrown);
}

TEST_F(BareStage, ServesFailsWithoutAWebServer) {
  int line = 0;

  const failures_of what{[&] {
    line = this_line() + 1;
    bare.serves(std::make_shared<doorkeeper>(), {.path = "/chat"});
  }};

  fails(line, what, HasSubstr("there is no server on \"/chat\": this stage has no web server"));
}

TEST_F(BareStage, TimeMayPassOnlyAmongThingsThatHappenAtOnce) {
  int line = 0;

  const failures_of what{[&] {
    line = this_line() + 1;
    bare.time_may_pass(1s);
  }};

  fails(line, what, HasSubstr("time may pass at any moment within at_once only"));
  bare.at_once([&] { bare.time_may_pass(1s); });
}

TEST_F(BareStage, EndsFailsAtItsOwnLine) {
  bare.calls("bob", [] { throw std::runtime_error("nobody looks"); });
  int line = 0;

  const failures_of what{[&] {
    line = this_line() + 1;
    bare.ends();
  }};

  fails(line, what, AllOf(HasSubstr("at the end there is an error"), HasSubstr("nobody looks")));
}

} // namespace
