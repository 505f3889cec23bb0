// An exception in each callback: rules S-17, C-17, C-22, W-40 and W-41.

#include "tests/app/story_cast.hpp"

namespace {

using namespace stories;

class Exceptions : public PlacedStory {};
INSTANTIATE_TEST_SUITE_P(Placed, Exceptions, both_placements(), name_of_placement);

// C-22
TEST_P(Exceptions, InOnMessageGoesToOnErrorAndTheConnectionStays) {
  std::string text;
  guests.hears = [](websocket_connection&, const message& heard) {
    if (heard.text() == "bad")
      throw std::runtime_error("I do not like that");
  };
  guests.fails = [&](websocket_connection&, const error_event& what) {
    text = what.status_text();
    EXPECT_EQ(what.errors.size(), 1u);
    EXPECT_EQ(&what.status().errors, &what.errors); // C-21
    EXPECT_FALSE(what.is_fatal);
  };
  opens_house();
  auto ana = joins();
  notes.takes();

  ana.says("bad");
  ana.says("good");

  EXPECT_THAT(notes.takes(),
              ElementsAre("c0 message bad", testing::MatchesRegex("c0 error [0-9]+ user"),
                          "c0 message good"));
  EXPECT_EQ(text, "on_message: I do not like that");
  EXPECT_EQ(counters()[counter::handler_exceptions], 1u);
  all_is_quiet();
}

TEST_P(Exceptions, InOnOpenGoesToOnErrorAndTheConnectionStays) {
  guests.opens = [](websocket_connection& ws) {
    ws.send("welcome");
    throw std::runtime_error("tired");
  };
  opens_house();

  auto ana = joins();

  ana.hears("welcome");
  EXPECT_TRUE(ana.is_connected());
  EXPECT_THAT(notes.takes(), ElementsAre("server open", "server asked /chat", "c0 open",
                                         testing::MatchesRegex("c0 error [0-9]+ user")));
  all_is_quiet();
}

TEST_P(Exceptions, InOnErrorIsReportedToTheWorkersHandler) {
  guests.hears = [](websocket_connection&, const message&) { throw std::runtime_error("first"); };
  guests.fails = [](websocket_connection&, const error_event&) {
    throw std::runtime_error("second");
  };
  opens_house();
  auto ana = joins();

  ana.says("go");

  reports("second");
  EXPECT_TRUE(ana.is_connected());
  all_is_quiet();
}

// C-22: logged only; everything else goes on, and the end comes once.
TEST_P(Exceptions, InOnTerminateIsReportedOnly) {
  guests.ends = [](websocket_connection&, const termination&) {
    throw std::runtime_error("no goodbyes");
  };
  const auto server = opens_house();
  auto ana = joins();
  auto bob = joins();
  notes.takes();

  ana.leaves();
  reports("no goodbyes");
  server.terminate();
  settle();
  reports("no goodbyes");

  bob.is_told_goodbye(1000);
  EXPECT_THAT(notes.takes(), ElementsAre(HasSubstr("c0 terminate 1000"),
                                         HasSubstr("c1 terminate 1000"), "server terminate"));
  all_is_quiet();
}

TEST_P(Exceptions, InTheLastOnErrorTheOnTerminateStillComes) {
  guests.fails = [](websocket_connection&, const error_event&) { throw 7; };
  opens_house();
  auto ana = joins();
  notes.takes();

  ana.vanishes();

  reports("an exception that is no std::exception");
  EXPECT_THAT(notes.takes(),
              ElementsAre("c0 error 1006 HTTP fatal", HasSubstr("c0 terminate 1006")));
  all_is_quiet();
}

// An error handler that throws is a line in the log of warnings, and nothing else: the connection
// ends as any other.
TEST_P(Exceptions, InTheGeneralErrorHandlerTheConnectionEndsAllTheSame) {
  workers().on_error([](const task_error&) { throw std::runtime_error("not my job"); });
  std::vector<std::string> warnings;
  workers().on_warning([&](const std::string& what) { warnings.push_back(what); });
  guests.fails = [](websocket_connection&, const error_event&) { throw 7; };
  guests.ends = [](websocket_connection&, const termination&) { throw 8; };
  const auto server = opens_house();
  auto ana = joins();
  auto bob = joins();
  notes.takes();

  ana.vanishes();

  EXPECT_THAT(notes.takes(),
              ElementsAre("c0 error 1006 HTTP fatal", HasSubstr("c0 terminate 1006")));
  EXPECT_EQ(warnings.size(), 2u);
  EXPECT_THAT(warnings, testing::Each(HasSubstr("the error handler")));
  EXPECT_EQ(server.connection_count(), 1u);
  server.terminate();
  bob.is_told_goodbye(1000);
  EXPECT_THAT(notes.takes(), Contains("server terminate"));
  all_is_quiet();
}

// T: "!!! Server error" needs an error of the server; each of its callbacks can make one.
TEST_P(Exceptions, InTheServersOnOpenGoesToItsOnError) {
  hosts.opens = [](websocket_server&) { throw std::runtime_error("not today"); };
  opens_house();

  EXPECT_THAT(notes.takes(), ElementsAre("server open", "server error on_open: not today"));
  EXPECT_TRUE(joins().is_admitted());
  all_is_quiet();
}

TEST_P(Exceptions, InTheServersOnErrorIsReportedToTheWorkersHandler) {
  hosts.decides = [](websocket_server&, const request&) -> admission {
    throw std::runtime_error("first");
  };
  hosts.fails = [](websocket_server&, const error_event&) { throw std::runtime_error("second"); };
  opens_house();

  joins().is_refused(500);

  reports("second");
  all_is_quiet();
}

TEST_P(Exceptions, InTheServersOnTerminateThePathIsFreeAllTheSame) {
  hosts.ends = [](websocket_server&) { throw std::runtime_error("not yet"); };
  const auto server = opens_house();

  server.terminate();
  settle();

  reports("not yet");
  EXPECT_TRUE(server.is_terminated());
  joins().is_refused(404);
  all_is_quiet();
}

// W-40: a worker's own handler takes the place of the general one.
TEST_F(HouseStory, AWorkersOwnHandlerHearsOfItsCallbacks) {
  std::vector<std::string> heard;
  calls("WebSocketServer", [&](worker& self) {
    self.on_error([&](const task_error& what) { heard.push_back(what.what); });
  });
  guests.ends = [](websocket_connection&, const termination&) {
    throw std::runtime_error("no goodbyes");
  };
  opens_house();

  joins().leaves();

  EXPECT_THAT(heard, ElementsAre("no goodbyes"));
  all_is_quiet();
}

} // namespace
