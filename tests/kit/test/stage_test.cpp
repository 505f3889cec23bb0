// The stage itself, with its subject broken on purpose.

#include "net/src/bridge/network_core.hpp"
#include "tests/kit/test/failures_of.hpp"

#include <callsign/testkit/story.hpp>

#include <gmock/gmock.h>

namespace {

using namespace callsign;
using namespace callsign::testkit;
using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;

class echoing final : public connection_handler {
public:
  void on_message(websocket_connection& ws, const message& heard) override {
    if (heard.text() == "throw")
      throw std::runtime_error("as you like it");
    ws.send(heard);
  }
  void on_error(websocket_connection&, const error_event&) override {
    throw std::runtime_error("and again");
  }
};

class host final : public server_handler {
public:
  admission on_connection(websocket_server&, const request&) override {
    return std::make_unique<echoing>();
  }
};

class Stage : public testing::Test, public stage {
protected:
  void TearDown() override { ends(); }

  static void fails(int line, const failures_of& what, const testing::Matcher<std::string>& words) {
    EXPECT_EQ(what.count(), 1) << what.text();
    EXPECT_EQ(what.line(), line);
    EXPECT_EQ(what.file(), __FILE__);
    EXPECT_THAT(what.text(), words);
  }
};

TEST_F(Stage, AClientIsAnswered) {
  serves(std::make_shared<host>());
  auto ana = joins();

  ana.says("hello");

  ana.hears("hello");
  all_is_quiet();
}

TEST_F(Stage, AllIsQuietFailsForAWordNobodyAskedFor) {
  serves(std::make_shared<host>());
  auto ana = joins();
  ana.says("hello");
  int line = 0;

  const failures_of what{[&] {
    line = this_line() + 1;
    all_is_quiet();
  }};

  fails(line, what,
        AllOf(HasSubstr("it is not quiet: ana hears \"hello\""),
              HasSubstr("   |------->|   \"hello\"\n   |<-------|   \"hello\"")));
  all_is_quiet();
}

TEST_F(Stage, AllIsQuietFailsForAnErrorNobodyAskedFor) {
  serves(std::make_shared<host>());
  auto ana = joins();
  ana.says("throw");
  int line = 0;

  const failures_of what{[&] {
    line = this_line() + 1;
    all_is_quiet();
  }};

  fails(line, what,
        AllOf(HasSubstr("reported by worker \"WebSocketServer\""), HasSubstr("and again")));
}

TEST_F(Stage, ReportsSaysWhatIsReportedInstead) {
  int line = 0;
  const failures_of nothing{[&] {
    line = this_line() + 1;
    reports("trouble");
  }};
  fails(line, nothing, HasSubstr("an error with \"trouble\" should be reported, but none is"));

  calls("bob", [] { throw std::runtime_error("something else"); });
  const failures_of other{[&] {
    line = this_line() + 1;
    reports("trouble");
  }};
  fails(line, other,
        AllOf(HasSubstr("should be reported, but it is: worker \"bob\""),
              HasSubstr("something else")));
}

// The books: a byte, a member, a counter that nobody accounts for.
TEST_F(Stage, AllIsQuietFailsWhenACounterIsWrong) {
  serves(std::make_shared<host>());
  auto ana = joins();
  network().core()->books().count(counter::connections_opened);
  int line = 0;

  const failures_of what{[&] {
    line = this_line() + 1;
    all_is_quiet();
  }};

  EXPECT_EQ(what.count(), 2);
  EXPECT_EQ(what.line(), line);
  EXPECT_THAT(
      what.text(),
      HasSubstr("the books are not in order: connections opened and not closed: 2, members: 1"));
  network().core()->books().count(counter::connections_closed);
  network().core()->books().count(counter::closed_by_client);
  network().core()->books().count(counter::upgrades_asked);
}

TEST_F(Stage, AllIsQuietFailsWhenTheBudgetLeaks) {
  network().core()->turn(0).spend(7);
  int line = 0;

  const failures_of what{[&] {
    line = this_line() + 1;
    all_is_quiet();
  }};

  fails(line, what,
        HasSubstr("bytes in the budget: 7, bytes in outboxes and half-received messages: 0"));
  network().core()->turn(0).regain(7);
}

TEST_F(Stage, AllIsQuietFailsWhenAMessageIsLostUncounted) {
  serves(std::make_shared<host>());
  auto ana = joins();
  network().core()->books().count(counter::messages_sent);

  const failures_of what{[&] { all_is_quiet(); }};

  EXPECT_THAT(what.text(),
              HasSubstr("messages sent: 1, heard by clients, or dropped from outboxes: 0"));
  network().core()->books().count(counter::messages_dropped_unsent);
}

TEST_F(Stage, ServesFailsAtItsOwnLineWhenThereIsNoServer) {
  serves(std::make_shared<host>(), {.path = "/chat"});
  int line = 0;

  const failures_of what{[&] {
    line = this_line() + 1;
    serves(std::make_shared<host>(), {.path = "/chat"}, "another");
  }};

  fails(line, what, AllOf(HasSubstr("there is no server on \"/chat\""), HasSubstr("-10718")));
}

TEST_F(Stage, NothingRunsInsideAtOnceUntilItsEnd) {
  serves(std::make_shared<host>());
  auto ana = joins();
  bool ran = false;

  at_once([&] {
    calls("bob", [&] { ran = true; });
    ana.says("hello");
    ana.hears_nothing();
    EXPECT_FALSE(ran);
  });

  EXPECT_TRUE(ran);
  ana.hears("hello");
}

TEST_F(Stage, EachThingHappensAtItsTimeWhileTimePasses) {
  serves(std::make_shared<host>(), {.path = "/chat", .ping_after = 1s, .pong_within = 1s});
  auto ana = joins();

  passes(10s);

  EXPECT_GE(ana.pings_heard(), 9u);
  EXPECT_TRUE(ana.is_connected());
}

TEST_F(Stage, TimersOfWorkersTickAtTheirTimesWhileTimePasses) {
  std::vector<std::chrono::seconds> ticks;
  calls("bob", [&ticks](worker& bob) {
    bob.every(10s, [&ticks, start = bob.now()](worker& self) {
      ticks.push_back(std::chrono::duration_cast<std::chrono::seconds>(self.now() - start));
    });
  });

  passes(35s);

  EXPECT_THAT(ticks, testing::ElementsAre(10s, 20s, 30s));
}

TEST(RandomStage, TheSameSeedTellsTheSameStory) {
  const auto tells = [](std::uint64_t seed) {
    stage s{{.order_of_steps = {.steps = order::random, .seed = seed}}};
    const auto server = s.serves(std::make_shared<host>());
    std::vector<client> all;
    s.at_once([&] {
      for (int i = 0; i < 4; ++i) {
        all.push_back(s.joins());
        all.back().says(std::to_string(i));
        s.after_steps(3);
        server.broadcast("to all " + std::to_string(i));
      }
    });
    std::string told = s.last_steps();
    for (auto& one : all)
      one.takes_all();
    return told;
  };

  EXPECT_EQ(tells(1), tells(1));
  EXPECT_NE(tells(1), tells(2));
}

} // namespace
