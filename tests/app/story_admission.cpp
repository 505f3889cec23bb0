// Who comes in, and who does not: rules S-1 to S-5, S-10 to S-19, scenarios T-11, T-13 and T-14.

#include "tests/app/story_cast.hpp"

#include <optional>

namespace {

using namespace stories;

using Admission = HouseStory;
class PlacedAdmission : public PlacedStory {};
INSTANTIATE_TEST_SUITE_P(Placed, PlacedAdmission, both_placements(), name_of_placement);

// -- making a server (2.1) ------------------------------------------------------------------------

std::optional<std::error_code> error_of(const std::function<void()>& what) {
  try {
    what();
  } catch (const failure& e) {
    return e.code();
  }
  return std::nullopt;
}

// T-11, S-2, S-3
TEST_F(Admission, AServerNeedsARunningWebServer) {
  web().stop();
  std::optional<std::error_code> why;
  std::string said;

  calls("WebSocketServer", [&](worker& self) {
    try {
      websocket_server server{self, web().ref(), std::make_shared<host>(notes, hosts, guests), how};
    } catch (const failure& e) {
      why = e.code();
      said = e.what();
    }
  });

  EXPECT_EQ(why, errc::web_server_not_running);
  EXPECT_THAT(said, HasSubstr("start the web server"));
  EXPECT_THAT(notes.takes(), IsEmpty());
  joins().finds_nobody();
}

// What a program says when it is up; a worker has only the address of the web server.
TEST_F(Admission, TheAddressOfAWebServerTellsItsUrls) {
  std::vector<std::string> told;
  calls("WebSocketServer", [&told, at = web().ref()] { told = at.urls(); });

  EXPECT_THAT(told, Not(IsEmpty()));
  EXPECT_EQ(told, web().urls());
  const auto kept = web().ref();
  web().stop();
  EXPECT_THAT(kept.urls(), IsEmpty());
  EXPECT_THAT(web_server_ref{}.urls(), IsEmpty());
  all_is_quiet();
}

TEST_F(Admission, AServerNeedsAHandlerAPathAndGoodOptions) {
  calls("WebSocketServer", [&](worker& self) {
    const auto make = [&](server_options options) {
      return error_of([&] {
        websocket_server server{self, web().ref(), std::make_shared<host>(notes, hosts, guests),
                                options};
      });
    };
    EXPECT_THROW(websocket_server(self, web().ref(), std::shared_ptr<server_handler>{}),
                 std::invalid_argument);
    EXPECT_EQ(make({.path = "chat"}), errc::bad_path);
    EXPECT_EQ(make({.path = "/a*b"}), errc::bad_path);
    EXPECT_EQ(make({.type = static_cast<data_type>(9)}), errc::unknown_data_type);
    EXPECT_EQ(make({.max_message_bytes = 0}), errc::bad_option);
    EXPECT_EQ(make({.max_queued_bytes = 0}), errc::bad_option);
    EXPECT_EQ(make({.ping_after = -1s}), errc::bad_option);
    EXPECT_EQ(make({.pong_within = 0s}), errc::bad_option);
  });
  EXPECT_THROW((void)parse_data_type("json"), failure);
  EXPECT_EQ(parse_data_type("object"), data_type::object);

  EXPECT_THAT(notes.takes(), IsEmpty());
  all_is_quiet();
}

// S-6: `on_open` once, behind the task that made the server, and before anybody is asked about.
TEST_F(Admission, AServerOpensBehindTheTaskThatMadeIt) {
  client ana;
  calls("WebSocketServer", [&](worker& self) {
    self[servers].emplace_back(
        "/chat",
        websocket_server{self, web().ref(), std::make_shared<host>(notes, hosts, guests), how});
    notes.note("the task goes on");
    // The path is open already; this client is quick.
    ana = joins();
    notes.note("the task ends");
  });

  EXPECT_THAT(notes.takes(), ElementsAre("the task goes on", "the task ends", "server open",
                                         "server asked /chat", "c0 open"));
  all_is_quiet();
}

// S-5: one worker may own several servers, several workers one each.
TEST_F(Admission, AWorkerMayOwnSeveralServers) {
  opens_house({.path = "/one"});
  opens_house({.path = "/two"});
  opens_house({.path = "/three"}, "another");

  auto ana = joins_as({.url = "/two"});
  auto bob = joins_as({.url = "/three"});

  EXPECT_THAT(notes.takes(),
              ElementsAre("server open", "server open", "server open", "server asked /two",
                          "c0 open", "server asked /three", "c0 open"));
  EXPECT_TRUE(ana.is_admitted());
  EXPECT_TRUE(bob.is_admitted());
  all_is_quiet();
}

// -- the request (2.4) ----------------------------------------------------------------------------

// S-10, S-11
TEST_F(Admission, TheRequestTellsWhoAsks) {
  request seen;
  hosts.decides = [&](websocket_server&, const request& asked) -> admission {
    seen = asked;
    return std::make_unique<guest>(notes, guests);
  };
  opens_house();

  auto ana = joins_as({.url = "/chat?room=caf%C3%A9&room=bar&x=1+2",
                       .remote_address = "10.0.0.7",
                       .headers = {{"X-Token", "abc"}, {"x-token", "def"}}});

  EXPECT_EQ(seen.url, "/chat?room=caf%C3%A9&room=bar&x=1+2");
  EXPECT_EQ(seen.path, "/chat");
  EXPECT_EQ(seen.query["room"], "bar");
  EXPECT_EQ(seen.query["x"], "1 2");
  EXPECT_EQ(seen.remote_address, "10.0.0.7");
  EXPECT_EQ(seen.headers.find("x-TOKEN"), "abc");
  EXPECT_THAT(seen.headers.values("X-Token"), ElementsAre("abc", "def"));
  EXPECT_TRUE(ana.is_admitted());
  all_is_quiet();
}

TEST_F(Admission, TheServersFavouriteSubprotocolIsAgreedOn) {
  std::string agreed;
  guests.opens = [&](websocket_connection& ws) { agreed = ws.subprotocol(); };
  how.subprotocols = {"chat.v2", "chat.v1"};
  opens_house();

  auto ana = joins_as({.subprotocols = {"chat.v1", "chat.v2"}});
  EXPECT_EQ(ana.subprotocol(), "chat.v2");
  EXPECT_EQ(agreed, "chat.v2");

  auto bob = joins_as({.subprotocols = {"other"}});
  EXPECT_EQ(bob.subprotocol(), "");
  EXPECT_EQ(agreed, "");
  all_is_quiet();
}

// -- accepting (2.5) ------------------------------------------------------------------------------

// S-13, C-1, C-2, 3.1
TEST_P(PlacedAdmission, AHandlerAdmitsAndItsOnOpenFollows) {
  std::size_t in_list = 0;
  guests.opens = [&](websocket_connection& ws) {
    in_list = ws.server().connections().size();
    EXPECT_EQ(ws.status(), connection_status::connected);
    EXPECT_EQ(to_string(ws.status()), "Connected");
    EXPECT_EQ(ws.server().path(), "/chat");
    EXPECT_EQ(ws.server().owner(), "WebSocketServer");
    EXPECT_EQ(ws.request().url, "/chat");
    ws.send("welcome");
  };
  const auto server = opens_house();

  auto ana = joins();
  auto bob = joins();

  EXPECT_THAT(notes.takes(), ElementsAre("server open", "server asked /chat", "c0 open",
                                         "server asked /chat", "c1 open"));
  EXPECT_EQ(in_list, 2u);
  EXPECT_EQ(server.connection_count(), 2u);
  ana.hears("welcome");
  bob.hears("welcome");
  all_is_quiet();
}

// T-14, S-18: what comes with the request waits for `on_open`.
TEST_P(PlacedAdmission, WhoSpeaksAtOnceIsHeardAfterOnOpen) {
  guests = echoing();
  guests.opens = [](websocket_connection& ws) { ws.send("welcome"); };
  for (const auto when : {admit::before_handshake, admit::after_handshake}) {
    how.when = when;
    opens_house();
    client ana;
    at_once([&] {
      ana = joins();
      ana.says("one");
      ana.says("two");
    });

    ana.hears("welcome");
    ana.hears("one");
    ana.hears("two");
    const auto id = notes.takes();
    EXPECT_THAT(id, ElementsAre("server open", "server asked /chat", "c0 open", "c0 message one",
                                "c0 message two"));
    clears("/chat");
    ana.is_told_goodbye(1000);
    notes.takes();
  }
  all_is_quiet();
}

// S-19
TEST_P(PlacedAdmission, OneHandlerMayServeSeveralConnections) {
  const auto shared = std::make_shared<guest>(notes, echoing());
  hosts.decides = [&](websocket_server&, const request&) -> admission { return shared; };
  opens_house();
  auto ana = joins();
  auto bob = joins();
  notes.takes();

  ana.says("a");
  bob.says("b");

  ana.hears("a");
  bob.hears("b");
  EXPECT_THAT(notes.takes(), ElementsAre("c0 message a", "c1 message b"));
  all_is_quiet();
}

// S-8, S-9: the server's on_terminate is not called when a client leaves; one class may play both
// roles.
class both_roles final : public server_handler,
                         public connection_handler,
                         public std::enable_shared_from_this<both_roles> {
public:
  explicit both_roles(diary& notes) : notes_{notes} {}
  admission on_connection(websocket_server&, const request&) override {
    return std::shared_ptr<connection_handler>{shared_from_this()};
  }
  void on_open(websocket_server&) override { notes_.note("server open"); }
  void on_open(websocket_connection& ws) override { notes_.note(name_of(ws) + " open"); }
  void on_error(websocket_server&, const error_event&) override {}
  void on_error(websocket_connection&, const error_event&) override {}
  void on_message(websocket_connection&, const message&) override {}
  void on_terminate(websocket_server&) override { notes_.note("server terminate"); }
  void on_terminate(websocket_connection& ws, const termination&) override {
    notes_.note(name_of(ws) + " terminate");
  }

private:
  diary& notes_;
};

TEST_F(Admission, OneClassMayPlayBothRoles) {
  serves(std::make_shared<both_roles>(notes), how);
  auto ana = joins();

  ana.leaves();

  EXPECT_THAT(notes.takes(), ElementsAre("server open", "c0 open", "c0 terminate"));
  clears("/chat");
  EXPECT_THAT(notes.takes(), ElementsAre("server terminate"));
}

// -- refusing (2.5) -------------------------------------------------------------------------------

// T-13, S-12, S-14, S-16: 4D's way. The client opens, then is closed with 1008.
TEST_P(PlacedAdmission, NothingRefusesAfterTheHandshakeWith1008) {
  how.when = admit::after_handshake;
  hosts.decides = [](websocket_server&, const request&) -> admission { return nullptr; };
  const auto server = opens_house();

  auto ana = joins();

  EXPECT_TRUE(ana.is_admitted());
  ana.is_told_goodbye(1008);
  EXPECT_EQ(server.connection_count(), 0u);
  EXPECT_THAT(notes.takes(), ElementsAre("server open", "server asked /chat"));
  all_is_quiet();
}

// T-13's twin: before the handshake it is a 403, and no WebSocket ever exists.
TEST_P(PlacedAdmission, NothingRefusesBeforeTheHandshakeWith403) {
  hosts.decides = [](websocket_server&, const request&) -> admission { return nullptr; };
  const auto server = opens_house();

  auto ana = joins();

  ana.is_refused(403);
  EXPECT_FALSE(ana.is_admitted());
  EXPECT_EQ(server.connection_count(), 0u);
  EXPECT_THAT(notes.takes(), ElementsAre("server open", "server asked /chat"));
  EXPECT_EQ(counters()[counter::refused_by_handler], 1u);
  all_is_quiet();
}

TEST_F(Admission, ARefusalMayNameItsStatus) {
  hosts.decides = [](websocket_server&, const request&) -> admission {
    return refuse(401, "who are you");
  };
  opens_house();

  joins().is_refused(401);

  all_is_quiet();
}

// S-15: what is no answer counts as a refusal and is told to the server's on_error.
TEST_F(Admission, ARefusalThatIsNoErrorStatusBecomes403AndIsReported) {
  hosts.decides = [](websocket_server&, const request&) -> admission { return refuse(200); };
  opens_house();

  joins().is_refused(403);

  EXPECT_THAT(notes.takes(),
              Contains(HasSubstr("server error on_connection refused with status 200")));
  all_is_quiet();
}

// S-17: an exception is a refusal (1011 or 500) and is told to the server's on_error, with S-7's
// status text.
TEST_F(Admission, AnExceptionInOnConnectionRefuses) {
  hosts.decides = [](websocket_server&, const request&) -> admission {
    throw std::runtime_error("the list is lost");
  };
  opens_house();

  joins().is_refused(500);

  EXPECT_THAT(notes.takes(), ElementsAre("server open", "server asked /chat",
                                         "server error on_connection: the list is lost"));
  EXPECT_EQ(counters()[counter::refused_by_exception], 1u);
  EXPECT_EQ(counters()[counter::handler_exceptions], 1u);
  all_is_quiet();
}

TEST_F(Admission, AnExceptionInOnConnectionRefusesAfterTheHandshakeWith1011) {
  how.when = admit::after_handshake;
  hosts.decides = [](websocket_server&, const request&) -> admission { throw 42; };
  opens_house();

  joins().is_told_goodbye(1011);

  EXPECT_THAT(notes.takes(),
              ElementsAre("server open", "server asked /chat",
                          "server error on_connection: an exception that is no std::exception"));
  all_is_quiet();
}

TEST_F(Admission, WhatARefusedClientSaidIsDroppedAndCounted) {
  how.when = admit::after_handshake;
  hosts.decides = [](websocket_server&, const request&) -> admission { return nullptr; };
  opens_house();
  client ana;
  // The worker is busy while the client comes in and speaks.
  calls("WebSocketServer", [&] {
    ana = joins();
    ana.says("let me in");
  });

  ana.is_told_goodbye(1008);
  EXPECT_EQ(counters()[counter::messages_dropped_by_end], 1u);
  all_is_quiet();
}

// U-19, design section 5: a page of another origin is refused before anybody is asked.
TEST_F(Admission, AnotherOriginIsRefused) {
  opens_house();

  joins_as({.headers = {{"Origin", "http://evil.test"}}}).is_refused(403);
  auto ana = joins_as({.headers = {{"Origin", "http://callsign.test"}}});

  EXPECT_TRUE(ana.is_admitted());
  EXPECT_EQ(counters()[counter::refused_origin], 1u);
  EXPECT_THAT(log(), ElementsAre("refused a client from 127.0.0.1 on /chat: this origin is not "
                                 "allowed"));
  EXPECT_THAT(notes.takes(), ElementsAre("server open", "server asked /chat", "c0 open"));
  all_is_quiet();
}

// -- limits ---------------------------------------------------------------------------------------

TEST_P(PlacedAdmission, OverMaxConnectionsThereIsNoSeat) {
  how.max_connections = 2;
  opens_house();
  auto ana = joins();
  auto bob = joins();

  joins().is_refused(503);
  EXPECT_EQ(counters()[counter::refused_full], 1u);
  EXPECT_THAT(log(), Contains(HasSubstr("too many connections")));

  ana.leaves();
  auto eve = joins();
  EXPECT_TRUE(eve.is_admitted());
  EXPECT_TRUE(bob.is_connected());
  all_is_quiet();
}

TEST_P(PlacedAdmission, OverMaxPerAddressThereIsNoSeatForThatAddress) {
  how.max_per_address = 1;
  opens_house();
  auto ana = joins_as({.remote_address = "10.0.0.1"});

  joins_as({.remote_address = "10.0.0.1"}).is_refused(503);
  EXPECT_TRUE(joins_as({.remote_address = "10.0.0.2"}).is_admitted());
  EXPECT_EQ(counters()[counter::refused_address_full], 1u);
  EXPECT_THAT(log(), ElementsAre("refused a client from 10.0.0.1 on /chat: too many connections "
                                 "from this address"));

  ana.vanishes();
  EXPECT_TRUE(joins_as({.remote_address = "10.0.0.1"}).is_admitted());
  all_is_quiet();
}

TEST_P(PlacedAdmission, ANetworkOfSixtyFourBitsIsOneAddressOfIpv6) {
  how.max_per_address = 1;
  opens_house();
  auto ana = joins_as({.remote_address = "2001:db8:1:2::1"});

  joins_as({.remote_address = "2001:db8:1:2:ffff::2"}).is_refused(503);
  EXPECT_TRUE(joins_as({.remote_address = "2001:db8:1:3::1"}).is_admitted());

  ana.vanishes();
  EXPECT_TRUE(joins_as({.remote_address = "2001:db8:1:2:ffff::2"}).is_admitted());
  all_is_quiet();
}

// Refusals of all kinds give their seats back.
TEST_P(PlacedAdmission, ARefusedClientTakesNoSeat) {
  how.max_connections = 1;
  hosts.decides = [](websocket_server&, const request&) -> admission { return nullptr; };
  opens_house();

  for (int i = 0; i < 3; ++i)
    joins().is_refused(403);

  EXPECT_EQ(counters()[counter::refused_full], 0u);
  all_is_quiet();
}

// -- the admission deadline -----------------------------------------------------------------------

TEST_P(PlacedAdmission, AWorkerThatIsTooBusyMeans503) {
  opens_house();
  client ana;

  calls("WebSocketServer", [&] {
    ana = joins();
    passes(5s + 64ms);
    ana.is_refused(503);
  });

  EXPECT_THAT(notes.takes(), ElementsAre("server open"));
  EXPECT_EQ(counters()[counter::refused_late], 1u);
  EXPECT_THAT(log(), ElementsAre("a client from 127.0.0.1 was answered 503: on_connection did not "
                                 "answer within the admission deadline"));
  all_is_quiet();
}

TEST_P(PlacedAdmission, AnOnConnectionThatTakesTooLongMeans503) {
  client ana;
  hosts.decides = [&](websocket_server&, const request&) -> admission {
    passes(6s);
    return std::make_unique<guest>(notes, guests);
  };
  const auto server = opens_house();

  at_once([&] { ana = joins(); });

  ana.is_refused(503);
  EXPECT_THAT(notes.takes(), ElementsAre("server open", "server asked /chat"));
  EXPECT_EQ(server.connection_count(), 0u);
  all_is_quiet();
}

TEST_P(PlacedAdmission, AfterTheHandshakeALateAdmissionCloses) {
  how.when = admit::after_handshake;
  opens_house();
  client ana;

  calls("WebSocketServer", [&] {
    ana = joins();
    passes(6s);
    ana.is_told_goodbye(1013);
  });

  EXPECT_THAT(notes.takes(), ElementsAre("server open"));
  EXPECT_EQ(counters()[counter::refused_late], 1u);
  EXPECT_THAT(log(), ElementsAre("a client from 127.0.0.1 was closed with 1013: on_connection did "
                                 "not answer within the admission deadline"));
  all_is_quiet();
}

TEST_F(Admission, WithoutAnAdmissionDeadlineAClientWaits) {
  how.admission_deadline = 0s;
  opens_house();
  client ana;

  calls("WebSocketServer", [&] {
    ana = joins();
    passes(10min);
    EXPECT_TRUE(ana.is_connected());
  });

  EXPECT_TRUE(ana.is_admitted());
  all_is_quiet();
}

// -- the requester goes ---------------------------------------------------------------------------

TEST_P(PlacedAdmission, WhoGoesBeforeItIsAskedAboutIsSkipped) {
  for (const auto when : {admit::before_handshake, admit::after_handshake}) {
    how.when = when;
    opens_house();
    notes.takes();
    calls("WebSocketServer", [&] {
      auto ana = joins();
      ana.vanishes();
    });

    EXPECT_THAT(notes.takes(), IsEmpty());
    all_is_quiet();
    clears("/chat");
  }
  EXPECT_EQ(counters()[counter::requester_gone], 2u);
  EXPECT_EQ(counters()[counter::connections_opened], 0u);
}

// Design section 5: a client gone in between gets on_open, error 1006, on_terminate.
TEST_P(PlacedAdmission, WhoGoesWhileItIsDecidedAboutHasAShortLife) {
  client ana;
  hosts.decides = [&](websocket_server&, const request&) -> admission {
    ana.vanishes();
    return std::make_unique<guest>(notes, guests);
  };
  opens_house();

  at_once([&] { ana = joins(); });

  EXPECT_THAT(notes.takes(),
              ElementsAre("server open", "server asked /chat", "c0 open",
                          "c0 error 1006 HTTP fatal", HasSubstr("c0 terminate 1006")));
  all_is_quiet();
}

TEST_P(PlacedAdmission, WhoGoesWhileItIsRefusedLeavesNothing) {
  client ana;
  hosts.decides = [&](websocket_server&, const request&) -> admission {
    ana.vanishes();
    return nullptr;
  };
  opens_house();

  at_once([&] { ana = joins(); });

  EXPECT_THAT(notes.takes(), ElementsAre("server open", "server asked /chat"));
  all_is_quiet();
}

TEST_F(Admission, WhoGoesDuringOnOpenEndsAfterIt) {
  client ana;
  guests.opens = [&](websocket_connection& ws) {
    ana.vanishes();
    EXPECT_EQ(ws.send("too late?"), send_result::closed);
  };
  opens_house();

  at_once([&] { ana = joins(); });

  EXPECT_THAT(notes.takes(),
              ElementsAre("server open", "server asked /chat", "c0 open",
                          "c0 error 1006 HTTP fatal", HasSubstr("c0 terminate 1006")));
  all_is_quiet();
}

} // namespace
