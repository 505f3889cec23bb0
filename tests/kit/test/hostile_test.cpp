// The hostile transport finds handlers and programs that do not survive it.

#include "net/src/bridge/network_core.hpp"
#include "tests/kit/test/failures_of.hpp"

#include <callsign/testkit/hostile.hpp>

#include <gmock/gmock.h>

namespace {

using namespace callsign;
using namespace callsign::testkit;
using testing::AllOf;
using testing::HasSubstr;

/// A chat that believes that whoever it greets is still there when it ends: a count that only goes
/// down where a client says goodbye by itself.
class guest final : public connection_handler {
public:
  guest(int& present, bool is_careful) : present_{present}, is_careful_{is_careful} {}
  void on_open(websocket_connection& ws) override {
    ++present_;
    ws.send("welcome");
  }
  void on_message(websocket_connection& ws, const message& heard) override {
    ws.server().broadcast(heard);
  }
  void on_terminate(websocket_connection&, const termination& how) override {
    if (is_careful_ || how.code == 1000)
      --present_;
  }

private:
  int& present_;
  bool is_careful_;
};

class host final : public server_handler {
public:
  explicit host(bool is_careful) : is_careful_{is_careful} {}
  admission on_connection(websocket_server&, const request&) override {
    return std::make_unique<guest>(present_, is_careful_);
  }
  void on_terminate(websocket_server&) override { EXPECT_EQ(present_, 0) << "somebody is left"; }

private:
  bool is_careful_;
  int present_ = 0;
};

void talk(stage& s, bool is_careful) {
  s.serves(std::make_shared<host>(is_careful));
  auto ana = s.joins();
  auto bob = s.joins();
  ana.says("Good evening");
  bob.says_binary("Good evening");
  bob.leaves();
  ana.leaves();
}

TEST(Hostile, TriesEveryPlaceAndIsSurvivedByAProgramThatIsCareful) {
  const auto tried =
      survives_hostile_transport([](stage& s) { talk(s, true); }, {.max_places = 100});

  EXPECT_GT(tried.lost, 20u);
  EXPECT_EQ(tried.lost, tried.silent);
  EXPECT_GT(tried.cut, 100u);
  EXPECT_EQ(tried.cut, tried.stalled);
  // Each says a frame of 18 bytes and a Close of 8: behind none, behind each.
  EXPECT_EQ(tried.said_cut, 2 * 27u);
  EXPECT_EQ(tried.said_stalled, 2 * 27u);
  EXPECT_EQ(tried.failed_reads, 2 * 2u);
  EXPECT_GT(tried.failed_writes, 4u);
  EXPECT_EQ(tried.slow, 2u);
  EXPECT_THAT(tried.in_words(), AllOf(HasSubstr("54 cut streams from clients"),
                                      HasSubstr("4 failed reads"), HasSubstr("2 slow runs")));
}

TEST(Hostile, SaysAtItsOwnLineWhichMisfortuneWasTooMuch) {
  int line = 0;

  const failures_of what{[&] {
    line = this_line() + 1;
    survives_hostile_transport([](stage& s) { talk(s, false); });
  }};

  EXPECT_EQ(what.count(), 1);
  EXPECT_EQ(what.line(), line);
  EXPECT_EQ(what.file(), __FILE__);
  EXPECT_THAT(what.text(), AllOf(HasSubstr("when ana's line breaks behind step "),
                                 HasSubstr("somebody is left")));
}

/// What nobody survives of that kind, and how that is said.
struct blow {
  misfortune what;
  const char* name;
  std::string words;
  friend void PrintTo(const blow& one, std::ostream* out) { *out << one.name; }
};

class Misfortune : public testing::TestWithParam<blow> {};

TEST_P(Misfortune, AloneIsEnoughAndIsNamedAtTheLine) {
  const auto body = [](stage& s) {
    s.serves(std::make_shared<host>(false));
    auto ana = s.joins();
    auto bob = s.joins();
    ana.says(std::string(100, 'x'));
    bob.leaves();
    ana.leaves();
    EXPECT_FALSE(ana.is_connected()) << "she is still there";
    EXPECT_LT(s.world().steps().steps(), 90u) << "it took too long";
  };
  int line = 0;

  const failures_of what{[&] {
    line = this_line() + 1;
    survives_hostile_transport(body, {.only = {GetParam().what}, .max_places = 5});
  }};

  EXPECT_EQ(what.count(), 1);
  EXPECT_EQ(what.line(), line);
  EXPECT_EQ(what.file(), __FILE__);
  EXPECT_THAT(what.text(), AllOf(testing::ContainsRegex(GetParam().words),
                                 testing::AnyOf(HasSubstr("somebody is left"),
                                                HasSubstr("too long"), HasSubstr("still there"))));
}

const std::vector<blow> blows{
    {misfortune::lost, "Lost", "when ana's line breaks behind step [0-9]+: "},
    {misfortune::silent, "Silent", "when ana's line dies silently behind step [0-9]+: "},
    {misfortune::cut, "Cut", "when ana's line breaks behind byte [0-9]+: "},
    {misfortune::stalled, "Stalled", "when ana takes no more than [0-9]+ bytes: "},
    {misfortune::said_cut, "SaidCut",
     "when ana's line breaks behind byte [0-9]+ of what it says: "},
    {misfortune::said_stalled, "SaidStalled",
     "when no more than [0-9]+ bytes come of what ana says: "},
    {misfortune::failed_read, "FailedRead", "when read [0-9]+ from ana's line fails: "},
    {misfortune::failed_write, "FailedWrite", "when write [0-9]+ to ana's line fails: "},
    {misfortune::slow, "Slow", "when everybody takes one byte at a time: "},
    {misfortune::said_slowly, "SaidSlowly", "when everybody's bytes come one at a time: "},
};
INSTANTIATE_TEST_SUITE_P(Each, Misfortune, testing::ValuesIn(blows),
                         [](const auto& of) { return of.param.name; });

TEST(Hostile, TriesOnlyWhatIsWanted) {
  const auto tried = survives_hostile_transport(
      [](stage& s) { talk(s, true); },
      {.only = {misfortune::said_cut, misfortune::slow}, .max_places = 3});

  EXPECT_EQ(tried.said_cut, 2 * 3u);
  EXPECT_EQ(tried.slow, 1u);
  EXPECT_EQ(tried.lost + tried.silent + tried.cut + tried.stalled + tried.said_stalled +
                tried.failed_reads + tried.failed_writes,
            0u);
}

/// Who is told "Good evening" and three hundred bytes, and nothing else.
class believer final : public connection_handler {
public:
  void on_message(websocket_connection&, const message& heard) override {
    EXPECT_EQ(heard.text(), ++heard_ == 1 ? "Good evening" : std::string(300, 'x'));
  }
  void on_terminate(websocket_connection&, const termination& how) override {
    // Lost lines and silent ones it has thought of: they end without a goodbye.
    EXPECT_TRUE(how.code != 1000 || heard_ == 2) << "it heard " << heard_;
    EXPECT_NE(how.code, 1002) << "it broke the protocol";
  }

private:
  int heard_ = 0;
};

class believing_host final : public server_handler {
public:
  admission on_connection(websocket_server&, const request&) override {
    return std::make_unique<believer>();
  }
};

TEST(Hostile, BytesThatComeInAnyPiecesMakeTheSameMessages) {
  const auto tried = survives_hostile_transport([](stage& s) {
    s.serves(std::make_shared<believing_host>());
    auto ana = s.joins();
    ana.begins_to_say("Good ");
    ana.says("evening");
    ana.pings();
    ana.says_binary(std::string(300, 'x'));
    ana.leaves();
  });

  EXPECT_EQ(tried.said_cut, 100u) << "of more than 300 bytes as many as asked for";
  EXPECT_EQ(tried.failed_reads, 5u);
}

TEST(Hostile, LooksAtTheBooks) {
  const failures_of what{[] {
    survives_hostile_transport([](stage& s) {
      talk(s, true);
      s.network().core()->books().count(counter::messages_sent);
    });
  }};

  EXPECT_THAT(what.text(), AllOf(HasSubstr("without any failure"), HasSubstr("messages sent")));
}

} // namespace
