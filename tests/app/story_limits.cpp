// Slow clients, full queues, the budget, and what waits for a busy worker: rules C-8 to C-10,
// design sections 5 to 8.

#include "tests/app/story_cast.hpp"

namespace {

using namespace stories;

class Limits : public PlacedStory {
protected:
  /// A message whose frame has 100 bytes.
  static std::string hundred(char of) { return std::string(98, of); }
  static std::string hundred(int number) { return hundred(static_cast<char>('0' + number)); }

  /// Ana is in, and four hundreds fit into her queue; `to_ana` is her address.
  client ana_is_in(where at = where::current()) {
    how.max_queued_bytes = 400;
    guests.opens = [this](websocket_connection& ws) { to_ana = ws.ref(); };
    opens_house(at);
    auto ana = joins(at);
    notes.takes();
    return ana;
  }
  /// …and does not read.
  client ana_does_not_read(where at = where::current()) {
    auto ana = ana_is_in(at);
    ana.stops_reading();
    return ana;
  }

  connection_ref to_ana;
};
INSTANTIATE_TEST_SUITE_P(Placed, Limits, both_placements(), name_of_placement);
using LimitsInWorker = BusyWorkerStory;

// -- the outbox (C-8, C-9) ------------------------------------------------------------------------

// C-8. The verdicts, from the outside: queued, pressured above half, dropped above the limit,
// closed after that.
TEST_P(Limits, SendSaysWhatBecameOfTheMessage) {
  auto ana = ana_does_not_read();
  std::vector<send_result> verdicts;

  for (int i = 0; i < 6; ++i)
    verdicts.push_back(to_ana.send(hundred(i)));
  settle();

  EXPECT_THAT(verdicts,
              ElementsAre(send_result::queued, send_result::queued, send_result::pressured,
                          send_result::pressured, send_result::dropped, send_result::closed));
}

// How much waits, from anywhere: sent and broadcast, until it is written or lost.
TEST_P(Limits, AConnectionTellsHowMuchWaitsForIt) {
  std::size_t seen_inside = 0;
  guests.hears = [&](websocket_connection& ws, const message&) { seen_inside = ws.queued_bytes(); };
  auto ana = ana_is_in();
  const auto broadcasts = [this](const std::string& what) {
    calls("WebSocketServer", [&](worker& self) { self[servers].front().second.broadcast(what); });
  };
  EXPECT_EQ(to_ana.queued_bytes(), 0u);

  ana.stops_reading();
  to_ana.send(hundred('s'));
  EXPECT_EQ(to_ana.queued_bytes(), 100u) << "at once";
  broadcasts(hundred('b'));
  EXPECT_EQ(to_ana.queued_bytes(), 200u);
  ana.says("how much?");
  EXPECT_EQ(seen_inside, 200u);

  ana.reads_again();
  ana.hears(hundred('s'));
  ana.hears(hundred('b'));
  EXPECT_EQ(to_ana.queued_bytes(), 0u);

  ana.stops_reading();
  to_ana.send(hundred('s'));
  ana.vanishes();
  EXPECT_EQ(to_ana.queued_bytes(), 0u);
  EXPECT_EQ(connection_ref{}.queued_bytes(), 0u);
  all_is_quiet();
}

// Default: a client that is too slow is closed with 1013; what waits for it is dropped and counted.
TEST_P(Limits, AFullQueueClosesWith1013) {
  auto ana = ana_does_not_read();
  for (int i = 0; i < 6; ++i)
    to_ana.send(hundred('x'));
  settle();
  EXPECT_EQ(to_ana.status(), connection_status::closing);

  ana.reads_again();

  ana.is_told_goodbye(1013);
  EXPECT_THAT(notes.takes(),
              ElementsAre("c0 error 1013 HTTP fatal", HasSubstr("c0 terminate 1013")));
  EXPECT_EQ(counters()[counter::closed_overflow], 1u);
  EXPECT_EQ(counters()[counter::messages_dropped_unsent], 4u);
  EXPECT_EQ(counters()[counter::messages_dropped_overflow_newest], 1u);
  EXPECT_EQ(counters()[counter::messages_dropped_closed], 1u);
  EXPECT_THAT(log(),
              Contains(HasSubstr("closed with 1013: its queue is full, 4 messages dropped")));
  all_is_quiet();
}

// Many slow clients do not flood the log: three of them, on two I/O threads.
TEST_P(Limits, ManyFullQueuesAreOneLineASecondAndThread) {
  how.max_queued_bytes = 400;
  std::vector<connection_ref> to;
  guests.opens = [&](websocket_connection& ws) { to.push_back(ws.ref()); };
  opens_house();
  auto ana = joins();
  auto bob = joins();
  auto eve = joins();
  for (auto* one : {&ana, &bob, &eve})
    one->stops_reading();
  for (const auto& one : to) {
    for (int i = 0; i < 6; ++i)
      one.send(hundred('x'));
  }
  settle();
  for (auto* one : {&ana, &bob, &eve})
    one->reads_again();
  for (auto* one : {&ana, &bob, &eve})
    one->is_told_goodbye(1013);

  EXPECT_EQ(counters()[counter::closed_overflow], 3u);
  EXPECT_THAT(log(), Contains(HasSubstr("closed with 1013")).Times(2));
  notes.takes();
  all_is_quiet();
}

// The same by broadcasts, which no send has announced.
TEST_P(Limits, AFullQueueClosesWith1013ForBroadcastsToo) {
  how.max_queued_bytes = 400;
  const auto server = opens_house();
  auto ana = joins();
  auto bob = joins();
  notes.takes();
  ana.stops_reading();
  std::vector<broadcast_ticket> tickets;
  for (int i = 0; i < 6; ++i) {
    tickets.push_back(server.broadcast(hundred(i)));
    settle();
  }

  EXPECT_EQ(tickets[0].so_far().queued, 2u);
  EXPECT_EQ(tickets[0].so_far().pressured, 0u);
  EXPECT_EQ(tickets[2].so_far().pressured, 1u);
  EXPECT_EQ(tickets[4].so_far().queued, 1u);
  EXPECT_EQ(tickets[4].so_far().dropped, 1u);
  EXPECT_EQ(tickets[5].so_far().dropped, 1u);
  for (const auto& one : tickets)
    EXPECT_TRUE(one.so_far().is_complete);
  ana.reads_again();
  ana.is_told_goodbye(1013);
  for (int i = 0; i < 6; ++i)
    bob.hears(hundred(i));
  EXPECT_THAT(notes.takes(),
              ElementsAre("c0 error 1013 HTTP fatal", HasSubstr("c0 terminate 1013")));
  all_is_quiet();
}

// Many broadcasts in one turn are one block for the actor, but the limit holds for them as well.
TEST_P(Limits, ABlockOfBroadcastsDoesNotSlipPastTheLimit) {
  how.max_queued_bytes = 400;
  how.on_overflow = overflow::drop_newest;
  const auto server = opens_house();
  auto ana = joins();
  ana.stops_reading();
  std::vector<broadcast_ticket> tickets;
  at_once([&] {
    for (int i = 0; i < 8; ++i)
      tickets.push_back(server.broadcast(hundred(i)));
  });
  EXPECT_EQ(tickets[3].so_far().queued, 1u);
  EXPECT_EQ(tickets[4].so_far().dropped, 1u);

  ana.reads_again();

  for (int i = 0; i < 4; ++i)
    ana.hears(hundred(i));
  all_is_quiet();
}

TEST_P(Limits, DropNewestKeepsWhatWaits) {
  how.on_overflow = overflow::drop_newest;
  auto ana = ana_does_not_read();
  std::vector<send_result> verdicts;
  for (int i = 0; i < 6; ++i) {
    verdicts.push_back(to_ana.send(hundred(i)));
    settle();
  }

  ana.reads_again();

  for (int i = 0; i < 4; ++i)
    ana.hears(hundred(i));
  EXPECT_EQ(verdicts[4], send_result::dropped);
  EXPECT_EQ(verdicts[5], send_result::dropped);
  EXPECT_EQ(counters()[counter::messages_dropped_overflow_newest], 2u);
  EXPECT_EQ(to_ana.send("again"), send_result::queued);
  ana.hears("again");
  all_is_quiet();
}

TEST_P(Limits, DropOldestKeepsTheNewestAndTheFrameThatIsBegun) {
  how.max_queued_bytes = 400;
  how.on_overflow = overflow::drop_oldest;
  const auto server = opens_house();
  auto ana = joins();
  ana.stops_reading(50);
  for (int i = 0; i < 8; ++i) {
    server.broadcast(hundred(i));
    settle();
  }

  ana.reads_again();

  // Half of the first frame was written, so it had to stay; 350 bytes were left for the others.
  ana.hears(hundred('0'));
  ana.hears(hundred('5'));
  ana.hears(hundred('6'));
  ana.hears(hundred('7'));
  EXPECT_EQ(counters()[counter::messages_dropped_overflow_oldest], 4u);
  all_is_quiet();
}

// A single message over the limit is taken while the outbox is empty.
TEST_P(Limits, AMessageLargerThanTheQueueIsTakenWhenNothingWaits) {
  auto ana = ana_is_in();

  EXPECT_EQ(to_ana.send(std::string(5000, 'x')), send_result::pressured);

  ana.hears(std::string(5000, 'x'));
  EXPECT_EQ(to_ana.send("small"), send_result::queued);
  ana.hears("small");
  all_is_quiet();
}

// A slow reader gets everything, piece by piece, and its frames are never torn.
TEST_P(Limits, ASlowReaderGetsWholeFramesInOrder) {
  const auto server = opens_house();
  auto ana = joins();
  ana.stops_reading();
  for (int i = 0; i < 20; ++i)
    server.broadcast("number " + std::to_string(i));
  settle();
  for (int i = 0; i < 100; ++i) {
    ana.stops_reading(3);
    settle();
  }

  ana.reads_again();

  for (int i = 0; i < 20; ++i)
    ana.hears("number " + std::to_string(i));
  all_is_quiet();
}

// The Close is never dropped and never overtaken by what waits in front of it.
TEST_P(Limits, TheGoodbyeComesBehindWhatASlowReaderHasWaiting) {
  const auto server = opens_house();
  auto ana = joins();
  ana.stops_reading();
  server.broadcast("one");
  server.broadcast("two");
  server.terminate();
  settle();

  ana.reads_again();

  ana.hears("one");
  ana.hears("two");
  ana.is_told_goodbye(1000);
  all_is_quiet();
}

// What is queued when the line is lost is counted, and its bytes are given back.
TEST_P(Limits, WhatAVanishedClientNeverGotIsCounted) {
  const auto server = opens_house();
  auto ana = joins();
  ana.stops_reading();
  server.broadcast("one");
  server.broadcast("two");
  settle();

  ana.vanishes();

  EXPECT_EQ(counters()[counter::messages_dropped_unsent], 2u);
  all_is_quiet();
}

// -- the process budget ---------------------------------------------------------------------------

class Budget : public testing::TestWithParam<callbacks> {
protected:
  static stage_options small() { return {.max_buffered_bytes = 1000}; }
};
INSTANTIATE_TEST_SUITE_P(Placed, Budget, both_placements(), name_of_placement);

// F-04: the heaviest backlog goes first, on whichever I/O thread it is; the others stay.
TEST_P(Budget, ShedsTheHeaviestFirst) {
  for (std::size_t heaviest = 0; heaviest < 4; ++heaviest) {
    house h{small()};
    h.how.placement = GetParam();
    std::vector<connection_ref> to;
    h.guests.opens = [&](websocket_connection& ws) { to.push_back(ws.ref()); };
    h.opens_house();
    std::vector<client> all;
    for (std::size_t i = 0; i < 4; ++i) {
      all.push_back(h.joins());
      all.back().stops_reading();
    }
    for (std::size_t i = 0; i < 4; ++i) {
      to[i].send(std::string(i == heaviest ? 398 : 198, 'x'));
      h.settle();
    }
    for (auto& one : all)
      EXPECT_TRUE(one.is_connected());

    to[(heaviest + 1) % 4].send("the last straw");
    h.settle();

    for (std::size_t i = 0; i < 4; ++i)
      EXPECT_EQ(to[i].status(),
                i == heaviest ? connection_status::closing : connection_status::connected);
    for (auto& one : all)
      one.reads_again();
    all[heaviest].is_told_goodbye(1013);
    all[(heaviest + 1) % 4].hears(std::string(198, 'x'));
    all[(heaviest + 1) % 4].hears("the last straw");
    EXPECT_EQ(h.counters()[counter::closed_budget], 1u);
    EXPECT_THAT(h.log(), Contains(HasSubstr("the budget is exhausted, 1 messages dropped")));
    for (auto& one : all)
      one.takes_all();
    h.all_is_quiet();
  }
}

// Far over the budget at once: as many as it takes.
TEST_P(Budget, ShedsAsManyAsItTakes) {
  house h{small()};
  h.how.placement = GetParam();
  const auto server = h.opens_house();
  std::vector<client> all;
  for (std::size_t i = 0; i < 10; ++i) {
    all.push_back(h.joins());
    all.back().stops_reading();
  }

  server.broadcast(std::string(200, 'x'));
  h.settle();
  h.passes(6s);

  EXPECT_EQ(h.counters()[counter::closed_budget], 6u);
  EXPECT_EQ(server.connection_count(), 4u);
  for (auto& one : all) {
    one.reads_again();
    one.takes_all();
  }
  h.all_is_quiet();
}

// Half-received messages count as well.
TEST_P(Budget, HalfReceivedMessagesCount) {
  house h{small()};
  h.how.placement = GetParam();
  h.opens_house();
  auto ana = h.joins();
  auto bob = h.joins();
  h.notes.takes();

  ana.begins_to_say(std::string(600, 'a'));
  bob.begins_to_say(std::string(500, 'b'));

  ana.is_told_goodbye(1013);
  EXPECT_THAT(h.notes.takes(),
              ElementsAre("c0 error 1013 HTTP fatal", HasSubstr("c0 terminate 1013")));
  bob.says("!");
  EXPECT_THAT(h.notes.takes(), ElementsAre("c1 message " + std::string(500, 'b') + '!'));
  h.all_is_quiet();
}

// -- undelivered messages -------------------------------------------------------------------------

// Design section 5: reading pauses while a connection's undelivered bytes exceed its credit.
TEST_F(LimitsInWorker, ReadingPausesWhileTheWorkerIsBehind) {
  auto ana = is_in();

  calls("WebSocketServer", [&] {
    for (int i = 0; i < 10; ++i)
      ana.says(std::string(300, static_cast<char>('0' + i)));
    EXPECT_TRUE(ana.is_held_back());
  });

  EXPECT_FALSE(ana.is_held_back());
  std::vector<std::string> expected;
  for (int i = 0; i < 10; ++i)
    expected.push_back("c0 message " + std::string(300, static_cast<char>('0' + i)));
  EXPECT_EQ(notes.takes(), expected);
  all_is_quiet();
}

// A flood of empty messages is a flood as well.
TEST_F(LimitsInWorker, EmptyMessagesCountToo) {
  auto ana = is_in();

  calls("WebSocketServer", [&] {
    for (int i = 0; i < 100; ++i)
      ana.says("");
    EXPECT_TRUE(ana.is_held_back());
  });

  EXPECT_EQ(notes.takes().size(), 100u);
  all_is_quiet();
}

// One client's backlog is not another's.
TEST_F(LimitsInWorker, OnlyTheOneThatSpeaksTooMuchIsHeldBack) {
  auto ana = is_in();
  auto bob = joins();

  calls("WebSocketServer", [&] {
    ana.says(std::string(2000, 'a'));
    bob.says("b");
    EXPECT_TRUE(ana.is_held_back());
    EXPECT_FALSE(bob.is_held_back());
  });

  all_is_quiet();
}

// What comes before the decision counts as undelivered (S-18).
TEST_F(LimitsInWorker, AClientThatSpeaksBeforeItIsInIsHeldBackToo) {
  how.when = admit::after_handshake;
  opens_house();

  calls("WebSocketServer", [&] {
    auto ana = joins();
    for (int i = 0; i < 10; ++i)
      ana.says(std::string(300, 'a'));
    EXPECT_TRUE(ana.is_held_back());
  });

  EXPECT_EQ(notes.takes().size(), 13u); // server open, asked, open, ten messages
  all_is_quiet();
}

// A hang-up is noticed even then; what was not read is lost, the rest is delivered first.
TEST_F(LimitsInWorker, AHangUpIsNoticedWhileReadingIsPaused) {
  auto ana = is_in();

  calls("WebSocketServer", [&] {
    ana.says(std::string(2000, 'a'));
    ana.says("never read");
    ana.vanishes();
    EXPECT_FALSE(ana.is_connected());
  });

  EXPECT_THAT(notes.takes(),
              ElementsAre("c0 message " + std::string(2000, 'a'), "c0 error 1006 HTTP fatal",
                          HasSubstr("c0 terminate 1006")));
  all_is_quiet();
}

} // namespace
