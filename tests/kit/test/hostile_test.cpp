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
  EXPECT_EQ(tried.cut, 200u);
  EXPECT_EQ(tried.stalled, 200u);
  EXPECT_EQ(tried.slow, 1u);
  EXPECT_THAT(tried.in_words(), AllOf(HasSubstr("200 cut streams"), HasSubstr("1 slow run")));
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
