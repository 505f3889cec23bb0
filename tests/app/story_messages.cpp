// What travels: section 2.7, rules C-5 to C-11, scenario T-20.

#include "tests/app/story_cast.hpp"

namespace {

using namespace stories;

class Messages : public PlacedStory {
protected:
  Messages() { guests = echoing(); }
};
INSTANTIATE_TEST_SUITE_P(Placed, Messages, both_placements(), name_of_placement);

// -- presentation (2.7) ---------------------------------------------------------------------------

TEST_P(Messages, DataTypeTextGivesTextForBothKindsOfFrame) {
  opens_house();
  auto ana = joins();
  notes.takes();

  ana.says("text");
  ana.says_binary("caf\xC3\xA9");

  EXPECT_THAT(notes.takes(), ElementsAre("c0 message text", "c0 message caf\xC3\xA9"));
  ana.hears("text");
  ana.hears("caf\xC3\xA9");
  all_is_quiet();
}

TEST_P(Messages, DataTypeTextClosesForBytesThatAreNoUtf8With1007) {
  opens_house();
  auto ana = joins();
  auto bob = joins();
  notes.takes();

  ana.says_binary("\xFF\xFE");
  ana.is_told_goodbye(1007);
  bob.says("\xC0\xAF");
  bob.is_told_goodbye(1007);

  EXPECT_THAT(notes.takes(),
              ElementsAre("c0 error 1007 HTTP fatal", HasSubstr("c0 terminate 1007"),
                          "c1 error 1007 HTTP fatal", HasSubstr("c1 terminate 1007")));
  EXPECT_EQ(counters()[counter::closed_invalid_utf8], 2u);
  all_is_quiet();
}

TEST_P(Messages, DataTypeBlobGivesBytesForBothKindsOfFrame) {
  how.type = data_type::blob;
  opens_house();
  auto ana = joins();
  notes.takes();

  ana.says("text");
  ana.says_binary("\xFF\x00z");

  EXPECT_THAT(notes.takes(), ElementsAre("c0 bytes text", "c0 bytes \xFF"));
  ana.hears_binary("text");
  ana.hears_binary("\xFF");
  all_is_quiet();
}

TEST_P(Messages, AsReceivedGivesEachAsItCame) {
  how.type = data_type::as_received;
  opens_house();
  auto ana = joins();

  ana.says("text");
  ana.says_binary("\xFF");

  ana.hears("text");
  ana.hears_binary("\xFF");
  all_is_quiet();
}

// T-20
TEST_P(Messages, DataTypeObjectDeliversJsonAndReportsWhatIsNone) {
  how.type = data_type::object;
  opens_house();
  auto ana = joins();
  notes.takes();

  ana.says("{\"name\": \"ana\"}");
  ana.says("{bad json");
  ana.says("[1, 2]");
  ana.says("42");
  ana.says_binary("{\"in\": \"bytes\"}");
  ana.says_binary("\xFF");

  const auto noted = notes.takes();
  EXPECT_EQ(noted[0], "c0 message {\"name\": \"ana\"}");
  EXPECT_THAT(noted[1], testing::MatchesRegex("c0 error [0-9]+ callsign"));
  EXPECT_EQ(noted[2], "c0 message [1, 2]");
  EXPECT_EQ(noted[3], "c0 message 42");
  EXPECT_EQ(noted[4], "c0 message {\"in\": \"bytes\"}");
  EXPECT_THAT(noted[5], testing::MatchesRegex("c0 error [0-9]+ callsign"));
  EXPECT_EQ(noted.size(), 6u);
  EXPECT_TRUE(ana.is_connected());
  EXPECT_EQ(counters()[counter::messages_dropped_json], 2u);
  ana.takes_all();
  all_is_quiet();
}

// -- send (3.2) -----------------------------------------------------------------------------------

// C-5, X-3: the argument's type decides, whatever the data type is.
TEST_P(Messages, TheKindOfMessageDecidesTheKindOfFrame) {
  how.type = data_type::blob;
  guests.hears = [](websocket_connection& ws, const message&) {
    ws.send("text");
    ws.send(message::binary("bytes"));
  };
  opens_house();
  auto ana = joins();

  ana.says("go");

  ana.hears("text");
  ana.hears_binary("bytes");
  all_is_quiet();
}

// C-6, C-7
TEST_P(Messages, FramesArriveInTheOrderOfTheCalls) {
  std::vector<send_result> verdicts;
  guests.hears = [&](websocket_connection& ws, const message&) {
    for (int i = 0; i < 5; ++i)
      verdicts.push_back(ws.send(std::to_string(i)));
  };
  opens_house();
  auto ana = joins();

  ana.says("go");

  for (int i = 0; i < 5; ++i)
    ana.hears(std::to_string(i));
  EXPECT_THAT(verdicts, testing::Each(send_result::queued));
  all_is_quiet();
}

TEST_P(Messages, TextThatIsNoUtf8IsTheCallersFault) {
  guests.hears = [](websocket_connection& ws, const message&) {
    EXPECT_THROW(ws.send("\xFF"), std::invalid_argument);
    EXPECT_THROW(ws.server().broadcast("\xFF"), std::invalid_argument);
  };
  opens_house();
  auto ana = joins();

  ana.says("go");

  ana.hears_nothing();
  all_is_quiet();
}

// C-10: sending to a connection that is closing or closed is ignored.
TEST_P(Messages, AClosedConnectionAnswersClosedAndNothingElse) {
  connection_ref kept;
  guests.opens = [&](websocket_connection& ws) { kept = ws.ref(); };
  opens_house();
  auto ana = joins();
  auto bob = joins();
  auto to_bob = kept;
  EXPECT_EQ(to_bob.send("hello"), send_result::queued);
  bob.hears("hello");

  bob.leaves();

  EXPECT_EQ(to_bob.status(), connection_status::closed);
  EXPECT_EQ(to_bob.send("too late"), send_result::closed);
  to_bob.terminate(4000, "again");
  EXPECT_EQ(counters()[counter::messages_dropped_closed], 1u);
  ana.hears_nothing();
  bob.hears_nothing();
  all_is_quiet();
}

TEST_P(Messages, AnEmptyReferenceIsAConnectionThatIsClosed) {
  const connection_ref nobody;

  EXPECT_EQ(nobody.status(), connection_status::closed);
  EXPECT_EQ(nobody.send("hello"), send_result::closed);
  nobody.terminate();
  opens_house();
  auto ana = joins();
  calls("WebSocketServer",
        [&](worker& self) { self[servers].front().second.broadcast("to all", except(nobody)); });
  ana.hears("to all");
  all_is_quiet();
}

// A connection handle is an address: it works from any worker.
TEST_P(Messages, AnyWorkerMaySendToAConnection) {
  connection_ref kept;
  guests.opens = [&](websocket_connection& ws) { kept = ws.ref(); };
  opens_house();
  auto ana = joins();

  calls("somebody else", [&] { kept.send("from afar"); });

  ana.hears("from afar");
  all_is_quiet();
}

// 3.1: other connections may read and call a handler.
TEST_P(Messages, OneConnectionMaySpeakToAnother) {
  guests.hears = [](websocket_connection& ws, const message& heard) {
    for (auto& other : ws.server().connections())
      if (other.id() != ws.id())
        other.send(heard);
    EXPECT_NO_THROW((void)ws.handler_as<guest>());
  };
  opens_house();
  auto ana = joins();
  auto bob = joins();
  auto eve = joins();

  ana.says("hello");

  bob.hears("hello");
  eve.hears("hello");
  all_is_quiet();
}

// -- limits of what comes in ----------------------------------------------------------------------

// C-11
TEST_P(Messages, AMessageOverTheLimitClosesWith1009) {
  how.max_message_bytes = 8;
  opens_house();
  auto ana = joins();
  notes.takes();

  ana.says("12345678");
  ana.hears("12345678");
  ana.says("123456789");
  ana.is_told_goodbye(1009);

  EXPECT_THAT(notes.takes(), ElementsAre("c0 message 12345678", "c0 error 1009 HTTP fatal",
                                         HasSubstr("c0 terminate 1009")));
  EXPECT_EQ(counters()[counter::closed_message_too_big], 1u);
  EXPECT_THAT(log(), ElementsAre("the connection from 127.0.0.1 ended with 1009: the client sent a "
                                 "message over the limit"));
  all_is_quiet();
}

TEST_P(Messages, TooManyFragmentsCloseWith1009) {
  how.max_fragments = 2;
  opens_house();
  auto ana = joins();

  ana.begins_to_say("a");
  ana.says("b");
  ana.hears("ab");
  ana.begins_to_say("a");
  ana.begins_to_say("b");
  ana.says("c");
  ana.is_told_goodbye(1009);

  EXPECT_EQ(counters()[counter::closed_too_many_fragments], 1u);
  EXPECT_THAT(log(), ElementsAre("the connection from 127.0.0.1 ended with 1009: the client sent a "
                                 "message over the limit (too many fragments)"));
  all_is_quiet();
}

TEST_P(Messages, AMessageThatTakesTooLongClosesWith1008) {
  opens_house();
  auto ana = joins();
  auto bob = joins();

  ana.begins_to_say("I would like to");
  passes(29s);
  ana.hears_nothing();
  bob.begins_to_say("x");
  passes(2s);
  ana.is_told_goodbye(1008);

  bob.says("y");
  bob.hears("xy");
  EXPECT_EQ(counters()[counter::closed_message_late], 1u);
  EXPECT_THAT(log(), ElementsAre("the connection from 127.0.0.1 ended with 1008: a message did not "
                                 "arrive whole in time"));
  all_is_quiet();
}

// What was said before a Close is still answered.
TEST_P(Messages, WhatIsSaidBeforeTheGoodbyeIsAnswered) {
  opens_house();
  auto ana = joins();

  at_once([&] {
    ana.says("one");
    ana.says("two");
    ana.leaves();
  });

  ana.hears("one");
  ana.hears("two");
  all_is_quiet();
}

// -- broadcast ------------------------------------------------------------------------------------

TEST_P(Messages, ABroadcastReachesEverybodyButThoseItLeavesOut) {
  auto server = opens_house();
  std::vector<client> all;
  for (int i = 0; i < 6; ++i)
    all.push_back(joins());

  const auto everybody = server.broadcast("everybody");
  server.broadcast("not 1 and 4", except({1, 4, 99}));
  server.broadcast("not 0", except({0}));
  settle();

  for (std::size_t i = 0; i < all.size(); ++i) {
    all[i].hears("everybody");
    if (i != 1 && i != 4)
      all[i].hears("not 1 and 4");
    if (i != 0)
      all[i].hears("not 0");
  }
  EXPECT_TRUE(everybody.so_far().is_complete);
  EXPECT_EQ(everybody.so_far().queued, 6u);
  EXPECT_EQ(everybody.so_far().dropped, 0u);
  EXPECT_EQ(counters()[counter::broadcasts], 3u);
  all_is_quiet();
}

TEST_P(Messages, ABroadcastToNobodyIsCompleteAtOnce) {
  auto server = opens_house();

  const auto ticket = server.broadcast("hello?");
  settle();

  EXPECT_TRUE(ticket.so_far().is_complete);
  EXPECT_EQ(ticket.so_far().queued, 0u);
  EXPECT_TRUE(server_ref{}.broadcast("to no server").so_far().is_complete);
  all_is_quiet();
}

// C-7: one place speaks: broadcasts and sends keep their order.
TEST_P(Messages, BroadcastsAndSendsOfOnePlaceKeepTheirOrder) {
  guests.hears = [](websocket_connection& ws, const message&) {
    ws.send("1");
    ws.server().broadcast("2");
    ws.send("3");
    ws.server().broadcast("4");
    ws.send("5");
  };
  opens_house();
  auto ana = joins();
  auto bob = joins();

  ana.says("go");

  for (const auto* one : {"1", "2", "3", "4", "5"})
    ana.hears(one);
  bob.hears("2");
  bob.hears("4");
  all_is_quiet();
}

TEST_P(Messages, AGoodbyeComesBehindEverythingThatWasSaid) {
  guests.hears = [](websocket_connection& ws, const message&) {
    ws.server().broadcast("bye all");
    ws.send("bye you");
    ws.terminate(4000, "done");
    EXPECT_EQ(ws.send("too late"), send_result::closed);
  };
  opens_house();
  auto ana = joins();
  auto bob = joins();

  ana.says("go");

  ana.hears("bye all");
  ana.hears("bye you");
  ana.is_told_goodbye(4000, "done");
  bob.hears("bye all");
  all_is_quiet();
}

TEST_P(Messages, WhatTheServerSaysLastIsHeardBeforeItsGoodbye) {
  guests.hears = [](websocket_connection& ws, const message&) {
    ws.server().broadcast("the last word");
    ws.server().terminate();
  };
  opens_house();
  auto ana = joins();
  auto bob = joins();

  ana.says("go");

  ana.hears("the last word");
  ana.is_told_goodbye(1000);
  bob.hears("the last word");
  bob.is_told_goodbye(1000);
  all_is_quiet();
}

// Many broadcasts in one turn, with exclusions at k places: each client gets its own sequence.
TEST_P(Messages, ExclusionsAtManyPlacesGiveEachItsOwnSequence) {
  auto server = opens_house();
  std::vector<client> all;
  for (int i = 0; i < 5; ++i)
    all.push_back(joins());
  std::vector<std::vector<std::string>> expected(all.size());

  at_once([&] {
    for (unsigned n = 0; n < 40; ++n) {
      std::vector<connection_id> left_out;
      for (std::size_t who = 0; who < all.size(); ++who) {
        if ((n * 7 + who * 3) % (who + 2) == 0)
          left_out.push_back(who);
        else
          expected[who].push_back("message " + std::to_string(n));
      }
      server.broadcast("message " + std::to_string(n), except(left_out));
    }
  });

  for (std::size_t i = 0; i < all.size(); ++i)
    EXPECT_EQ(all[i].takes_all(), expected[i]) << "client " << i;
  all_is_quiet();
}

// A turn's output is one block until it gets huge.
TEST_P(Messages, MoreThanOneBlockOfBroadcastsKeepsItsOrder) {
  how.max_queued_bytes = 64UL * 1024 * 1024;
  auto server = opens_house();
  auto ana = joins();
  auto bob = joins();
  std::vector<broadcast_ticket> tickets;
  at_once([&] {
    for (char c = 'a'; c < 'g'; ++c) {
      tickets.push_back(
          server.broadcast(std::string(3UL * 1024 * 1024, c),
                           c == 'c' ? except(std::vector<connection_id>{0}) : except()));
    }
  });

  const auto of_ana = ana.takes_all();
  const auto of_bob = bob.takes_all();

  ASSERT_EQ(of_ana.size(), 5u);
  ASSERT_EQ(of_bob.size(), 6u);
  for (std::size_t i = 0; i < 6; ++i)
    EXPECT_EQ(of_bob[i].front(), static_cast<char>('a' + i));
  EXPECT_EQ(of_ana[2].front(), 'd');
  EXPECT_EQ(tickets[2].so_far().queued, 1u);
  EXPECT_EQ(tickets[5].so_far().queued, 2u);
  all_is_quiet();
}

} // namespace
