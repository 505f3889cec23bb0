// What the fields of an error event hold, in full: sections 2.3 and 3.4, rules S-7, S-15, S-17,
// C-20 to C-22.

#include "tests/app/story_cast.hpp"

#include <optional>

namespace {

using namespace stories;

/// A copy of an event that can be kept.
struct kept_error {
  std::vector<error_item> errors;
  bool is_fatal = false;
  std::string status_text;
};

class Errors : public PlacedStory {
protected:
  Errors() {
    guests.fails = [this](websocket_connection&, const error_event& what) { keep(of_guest, what); };
    hosts.fails = [this](websocket_server&, const error_event& what) { keep(of_server, what); };
  }
  static void keep(std::optional<kept_error>& where, const error_event& what) {
    EXPECT_FALSE(where) << "one at a time";
    EXPECT_EQ(what.type, "error");
    EXPECT_EQ(&what.status().errors, &what.errors) << "C-21";
    where = kept_error{what.errors, what.is_fatal, std::string{what.status_text()}};
  }
  /// One error of ours: its number is that of an `errc`. Takes it.
  static void is_ours(std::optional<kept_error>& found, errc code, std::string_view component,
                      std::string_view part_of_text, where at = where::current()) {
    const testing::ScopedTrace trace{at.file_name(), static_cast<int>(at.line()), "told here"};
    ASSERT_TRUE(found);
    ASSERT_EQ(found->errors.size(), 1u);
    const auto& item = found->errors.front();
    EXPECT_EQ(item.code, static_cast<int>(code));
    EXPECT_EQ(item.why, code);
    EXPECT_EQ(item.component, component);
    EXPECT_THAT(item.message, HasSubstr(std::string{part_of_text}));
    EXPECT_EQ(found->status_text, item.message) << "S-7";
    EXPECT_FALSE(found->is_fatal);
    found.reset();
  }
  /// One error of the line: its number is the close code. Takes it.
  void is_of_the_line(errc code, int close_code, where at = where::current()) {
    const testing::ScopedTrace trace{at.file_name(), static_cast<int>(at.line()), "told here"};
    ASSERT_TRUE(of_guest);
    ASSERT_EQ(of_guest->errors.size(), 1u);
    const auto& item = of_guest->errors.front();
    EXPECT_EQ(item.code, close_code);
    EXPECT_EQ(item.why, code);
    EXPECT_EQ(item.component, "HTTP");
    EXPECT_THAT(item.message, testing::StartsWith(make_error_code(code).message()));
    EXPECT_EQ(of_guest->status_text, item.message);
    EXPECT_TRUE(of_guest->is_fatal);
    of_guest.reset();
  }

  std::optional<kept_error> of_guest;
  std::optional<kept_error> of_server;
};
INSTANTIATE_TEST_SUITE_P(Placed, Errors, both_placements(), name_of_placement);

// -- of the server (2.3) --------------------------------------------------------------------------

// S-17
TEST_P(Errors, AnExceptionInOnConnectionIsAHandlerThatFailed) {
  hosts.decides = [](websocket_server&, const request&) -> admission {
    throw std::runtime_error("the list is lost");
  };
  opens_house();

  joins().is_refused(500);

  is_ours(of_server, errc::handler_failed, "user", "the list is lost");
  EXPECT_FALSE(of_guest);
  all_is_quiet();
}

TEST_P(Errors, AnExceptionInTheServersOnOpenIsAHandlerThatFailed) {
  hosts.opens = [](websocket_server&) { throw std::runtime_error("not today"); };
  opens_house();

  is_ours(of_server, errc::handler_failed, "user", "on_open: not today");
  all_is_quiet();
}

// S-15
TEST_P(Errors, ARefusalWithAStatusThatIsNoErrorIsAnInvalidHandler) {
  hosts.decides = [](websocket_server&, const request&) -> admission { return refuse(200); };
  opens_house();

  joins().is_refused(403);

  is_ours(of_server, errc::handler_invalid, "callsign", "200");
  all_is_quiet();
}

// -- of a connection (3.4), and it stays ----------------------------------------------------------

// C-22
TEST_P(Errors, AnExceptionInOnMessageIsAHandlerThatFailed) {
  guests.hears = [](websocket_connection&, const message&) { throw std::runtime_error("no"); };
  opens_house();
  auto ana = joins();

  ana.says("go");

  is_ours(of_guest, errc::handler_failed, "user", "on_message: no");
  EXPECT_FALSE(of_server);
  EXPECT_TRUE(ana.is_connected());
  all_is_quiet();
}

TEST_P(Errors, AnExceptionInOnOpenIsAHandlerThatFailed) {
  guests.opens = [](websocket_connection&) { throw std::runtime_error("tired"); };
  opens_house();
  auto ana = joins();

  is_ours(of_guest, errc::handler_failed, "user", "on_open: tired");
  EXPECT_TRUE(ana.is_connected());
  all_is_quiet();
}

// 2.7, T-20
TEST_P(Errors, WhatIsNoJsonIsInvalidJson) {
  how.type = data_type::object;
  opens_house();
  auto ana = joins();

  ana.says("{bad json");
  is_ours(of_guest, errc::invalid_json, "callsign", make_error_code(errc::invalid_json).message());
  ana.says_binary("\xFF");
  is_ours(of_guest, errc::invalid_json, "callsign", "UTF-8");

  EXPECT_TRUE(ana.is_connected());
  all_is_quiet();
}

// -- of a connection, and it ends: C-20, section 3.5 ----------------------------------------------

TEST_P(Errors, TheErrorsOfTheLineHaveTheirCloseCodes) {
  how.max_message_bytes = 8;
  how.max_fragments = 2;
  opens_house();

  joins().leaves(1001);
  is_of_the_line(errc::going_away, 1001);

  joins().vanishes();
  is_of_the_line(errc::line_lost, 1006);

  auto ana = joins();
  ana.breaks_the_protocol();
  ana.is_told_goodbye(1002);
  is_of_the_line(errc::protocol_error, 1002);

  auto bob = joins();
  bob.says("\xC0\xAF");
  bob.is_told_goodbye(1007);
  is_of_the_line(errc::invalid_utf8, 1007);

  auto eve = joins();
  eve.says("123456789");
  eve.is_told_goodbye(1009);
  is_of_the_line(errc::message_too_big, 1009);

  auto dan = joins();
  dan.begins_to_say("a");
  dan.begins_to_say("b");
  dan.says("c");
  dan.is_told_goodbye(1009);
  is_of_the_line(errc::message_too_big, 1009);

  auto fay = joins();
  fay.begins_to_say("and then");
  passes(31s);
  fay.is_told_goodbye(1008);
  is_of_the_line(errc::message_too_slow, 1008);
  EXPECT_FALSE(of_server);
  all_is_quiet();
}

TEST_P(Errors, ALostHeartbeatIs1006) {
  opens_house();
  auto ana = joins();
  ana.falls_silent();

  passes(46s);

  is_of_the_line(errc::heartbeat_lost, 1006);
  ana.takes_all();
  all_is_quiet();
}

TEST_P(Errors, AClientThatIsTooSlowIs1013) {
  how.max_queued_bytes = 100;
  connection_ref to_ana;
  guests.opens = [&](websocket_connection& ws) { to_ana = ws.ref(); };
  opens_house();
  auto ana = joins();
  ana.stops_reading();
  for (int i = 0; i < 3; ++i)
    to_ana.send(std::string(90, 'x'));
  settle();

  ana.reads_again();

  ana.is_told_goodbye(1013);
  is_of_the_line(errc::client_too_slow, 1013);
  all_is_quiet();
}

// C-20: what ended as it should is no error.
TEST_P(Errors, NormalEndsHaveNone) {
  guests.hears = [](websocket_connection& ws, const message&) { ws.terminate(4000); };
  const auto server = opens_house();

  joins().leaves(1000);
  joins().leaves(0);
  joins().leaves(4711);
  auto ana = joins();
  ana.says("go");
  ana.is_told_goodbye(4000);
  auto bob = joins();
  server.terminate();
  settle();
  bob.is_told_goodbye(1000);

  EXPECT_FALSE(of_guest);
  EXPECT_FALSE(of_server);
  all_is_quiet();
}

} // namespace
