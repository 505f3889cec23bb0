// Verbs about how fast a client reads, pongs and JSON, each broken on purpose.

#include "tests/kit/test/client_cast.hpp"

namespace {

using namespace callsign;
using namespace callsign::testkit;
using namespace std::chrono_literals;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

TEST_F(Client, TakeOnlyAsManyBytesAsTheyHaveRoomFor) {
  auto ana = joins();
  ana.hears("welcome");
  ana.stops_reading(5);
  ana.says("send hello");
  ana.hears_nothing();

  ana.stops_reading(1);
  settle();
  ana.hears_nothing();
  ana.stops_reading(1);
  settle();

  ana.hears("hello");
}

TEST_F(Client, WhoReadsSlowlyTakesItsShareWhileTimePasses) {
  auto ana = joins();
  ana.hears("welcome");
  ana.reads_slowly(4);
  ana.says("send hello");
  ana.hears_nothing();

  passes(1s);
  ana.hears("hello");
  ana.says("send hello, world");
  passes(2s);
  ana.hears_nothing();
  passes(2s);
  ana.hears("hello, world");
  ana.reads_again();
  all_is_quiet();
}

TEST_F(Client, HearsTooEarlySaysHowSlowlySheReads) {
  auto ana = joins();
  ana.hears("welcome");
  ana.reads_slowly(4);
  ana.says("send hello");
  int line = 0;

  const failures_of what{[&] {
    line = this_line() + 1;
    ana.hears("hello");
  }};
  fails(line, what, AllOf(HasSubstr("but it hears nothing"), HasSubstr("takes 4 bytes more")));

  const failures_of senseless{[&] {
    line = this_line() + 1;
    ana.reads_slowly(0);
  }};
  fails(line, senseless, HasSubstr("ana cannot read slowly without bytes or without time"));
  ana.reads_again();
  ana.hears("hello");
}

TEST_F(Client, HearsPongFailsForOtherThings) {
  auto ana = joins();
  ana.pings();
  int line = 0;

  const failures_of other{[&] {
    line = this_line() + 1;
    ana.hears_pong();
  }};
  fails(line, other, HasSubstr("ana should hear a pong, but hears \"welcome\"; then a pong"));
  ana.hears_pong();
  const failures_of nothing{[&] {
    line = this_line() + 1;
    ana.hears_pong();
  }};
  fails(line, nothing, HasSubstr("ana should hear a pong, but it hears nothing"));
}

TEST_F(Client, HearsJsonComparesWhatThePatternHas) {
  auto ana = joins();
  ana.hears("welcome");
  const std::string said = R"({"id": 7, "who": {"name": "bob", "age": 30}, "list": [1, 2.0]})";
  for (int i = 0; i < 5; ++i)
    ana.says("send " + said);

  ana.hears_json(R"({"who": {"name": "bob"}})");
  ana.hears_json(R"({"id": *, "list": [1.0, 2]})");
  int line = 0;
  const failures_of value{[&] {
    line = this_line() + 1;
    ana.hears_json(R"({"id": 8})");
  }};
  fails(line, value,
        AllOf(HasSubstr(R"(ana should hear JSON with {"id": 8}, but hears ")"), HasSubstr("age")));
  const failures_of array{[&] {
    line = this_line() + 1;
    ana.hears_json(R"({"list": [1]})");
  }};
  fails(line, array, HasSubstr(R"(should hear JSON with {"list": [1]}, but hears)"));
  const failures_of member{[&] {
    line = this_line() + 1;
    ana.hears_json(R"({"when": *})");
  }};
  fails(line, member, HasSubstr(R"(should hear JSON with {"when": *}, but hears)"));
  const failures_of nothing{[&] {
    line = this_line() + 1;
    ana.hears_json("{}");
  }};
  fails(line, nothing, HasSubstr("should hear JSON with {}, but it hears nothing"));
  const failures_of no_json{[&] {
    line = this_line() + 1;
    ana.hears_json("{id: 5}");
  }};
  fails(line, no_json, HasSubstr("the pattern {id: 5} is no JSON"));
}

} // namespace
