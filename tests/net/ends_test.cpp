// Every way in which a line ends, and pauses.

#include "net/src/beast/socket_thread.hpp"
#include "tests/net/line_fixture.hpp"

#include <chrono>
#include <future>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace callsign;
using namespace callsign::test;
using namespace std::chrono_literals;
using door::end_cause;

// -- ends -----------------------------------------------------------------------------------------

TEST_F(Line, TheClientsCloseIsEchoedAndReported) {
  start();
  const std::vector<unsigned> codes{1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010,
                                    1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999};
  for (std::size_t i = 0; i < codes.size(); ++i) {
    auto ana = joins();
    ana.send(client_close(codes[i], "so long ✓"));

    EXPECT_EQ(read_frame(ana).close_code(), codes[i]);
    EXPECT_EQ(ana.read_to_end(), "");
    const auto facts = end_of(i);
    EXPECT_EQ(facts.cause, end_cause::closed);
    EXPECT_EQ(facts.client_code, codes[i]);
    EXPECT_EQ(facts.client_reason, "so long ✓");
  }
}

TEST_F(Line, ACloseWithoutACodeHasNone) {
  start();
  auto ana = joins();

  ana.send(client_frame(0x88, ""));

  const auto said = read_frame(ana);
  EXPECT_EQ(said.first_byte, 0x88U);
  EXPECT_EQ(said.payload, "");
  EXPECT_EQ(end_of().client_code, 0);
}

TEST_F(Line, NothingIsHeardBehindTheClientsClose) {
  start();
  auto ana = joins();

  ana.send(client_frame(fin | text, "before") + client_close(1000) +
           client_frame(fin | text, "behind") + client_close(4000) + client_frame(ping, "x"));

  EXPECT_EQ(read_frame(ana).payload, "before");
  EXPECT_EQ(read_frame(ana).close_code(), 1000U);
  EXPECT_EQ(ana.read_to_end(), "");
  EXPECT_EQ(end_of().client_code, 1000);
  EXPECT_EQ(desk->ear()->messages.size(), 1U);
}

TEST_F(Line, ACloseInsideAMessageIsAClose) {
  start();
  auto ana = joins();

  ana.send(client_frame(text, "never ends") + client_close(1001));

  EXPECT_EQ(read_frame(ana).close_code(), 1001U);
  EXPECT_EQ(end_of().cause, end_cause::closed);
  EXPECT_TRUE(desk->ear()->messages.empty());
}

TEST_F(Line, OurCloseIsAnsweredByTheClientAndThenItEnds) {
  start();
  auto ana = joins();
  const auto ear = desk->ear();

  ear->command([&](door::session& s) {
    ear->out().push_close(rules::encode_close(1001, "bye"));
    s.mark_dirty();
  });

  const auto said = read_frame(ana);
  EXPECT_EQ(said.close_code(), 1001U);
  EXPECT_EQ(said.payload.substr(2), "bye");
  EXPECT_EQ(ear->ends, 0) << "the client has not answered";
  ana.send(client_frame(fin | text, "on its way") + client_frame(ping, "too") + client_close(1001));
  EXPECT_EQ(ana.read_to_end(), "") << "one Close, no pong behind it";
  EXPECT_EQ(end_of().cause, end_cause::closed);
  EXPECT_EQ(end_of().client_code, 1001);
}

TEST_F(Line, AClientThatLingersDoesNotDelayTheEnd) {
  start();
  auto ana = joins();

  ana.send(client_close(1000));

  EXPECT_EQ(end_of().cause, end_cause::closed) << "the line is still open on the client's side";
  EXPECT_EQ(read_frame(ana).close_code(), 1000U);
}

TEST_F(Line, ADroppedLineIsCutAndReported) {
  start();
  auto ana = joins();

  desk->ear()->command([](door::session& s) {
    s.drop();
    s.drop();
    s.mark_dirty();
    s.pause_reading();
    s.resume_reading();
  });

  EXPECT_TRUE(ana.is_closed());
  EXPECT_EQ(end_of().cause, end_cause::dropped);
}

TEST_F(Line, ALostLineIsReportedWhereverItBreaks) {
  start();
  const std::string frame = client_frame(fin | text, std::string(200, 'x'));
  std::size_t n = 0;
  for (const std::size_t cut : {0U, 1U, 2U, 3U, 5U, 7U, 8U, 9U, 100U}) {
    auto ana = joins();
    ana.send(client_frame(fin | text, "here") + frame.substr(0, cut));
    ASSERT_EQ(read_frame(ana).payload, "here");
    if (cut % 2 == 0) {
      ana.reset();
    } else {
      ana.shut_down_sending();
    }
    EXPECT_EQ(end_of(n++).cause, end_cause::line_lost) << cut;
  }
}

TEST_F(Line, WhatIsQueuedGoesOutBeforeTheClose) {
  start();
  auto ana = joins();
  const auto ear = desk->ear();
  const std::string large(3'000'000, 'q');
  rules::outbox::limits roomy;
  roomy.max_bytes = 10'000'000;

  ear->command([&](door::session& s) {
    ear->out().set_limits(roomy);
    for (int i = 0; i < 3; ++i) {
      static_cast<void>(ear->out().push(
          rules::whole(rules::make_block(rules::encode_frame(rules::opcode::binary, large)))));
    }
    ear->out().push_close(rules::encode_close(1000, {}));
    s.mark_dirty();
  });
  // The client closes as well, while most of it is still unwritten.
  ana.send(client_close(1000));

  for (int i = 0; i < 3; ++i)
    EXPECT_TRUE(read_frame(ana).payload == large);
  EXPECT_EQ(read_frame(ana).close_code(), 1000U);
  EXPECT_EQ(end_of().cause, end_cause::closed);
}

TEST_F(Line, AClientThatClosesButDoesNotReadIsNotWaitedForForEver) {
  start();
  auto ana = joins();
  const auto ear = desk->ear();
  rules::outbox::limits roomy;
  roomy.max_bytes = 100'000'000;
  ear->command([&](door::session& s) {
    ear->out().set_limits(roomy);
    static_cast<void>(ear->out().push(rules::whole(rules::make_block(
        rules::encode_frame(rules::opcode::binary, std::string(20'000'000, 'q'))))));
    s.mark_dirty();
  });

  ana.send(client_close(1000));

  ASSERT_TRUE(desk->notes.wait([&] { return ear->ends > 0; }, 10s));
  EXPECT_EQ(ear->facts.cause, end_cause::closed);
}

TEST_F(Line, OurCloseWaitsForTheAnswersToWhatCameBefore) {
  start();
  auto ana = joins();
  const auto ear = desk->ear();
  ear->is_echo = false;
  ear->is_prompt = false;

  ana.send(client_frame(fin | text, "and?") + client_close(1000));
  ASSERT_TRUE(desk->notes.wait([&] { return !ear->messages.empty(); }));
  ear->command([&](door::session& s) {
    static_cast<void>(ear->out().push(
        rules::whole(rules::make_block(rules::encode_frame(rules::opcode::text, "an answer")))));
    s.mark_dirty();
    s.settle();
  });

  EXPECT_EQ(read_frame(ana).payload, "an answer");
  EXPECT_EQ(read_frame(ana).close_code(), 1000U);
  EXPECT_EQ(end_of().cause, end_cause::closed);
}

TEST_F(Line, ButNotForEver) {
  start();
  auto ana = joins();
  desk->ear()->is_prompt = false;

  ana.send(client_frame(fin | text, "hello") + client_frame(fin | 3, "no opcode"));

  EXPECT_EQ(read_frame(ana).payload, "hello");
  EXPECT_EQ(read_frame(ana, 2000ms).close_code(), 1002U);
  EXPECT_EQ(end_of().cause, end_cause::protocol_error);
}

// -- pausing --------------------------------------------------------------------------------------

TEST_F(Line, WhilePausedNothingMoreIsRead) {
  start();
  desk->pauses_after_each = true;
  auto ana = joins();
  const auto ear = desk->ear();

  ana.send(client_frame(fin | text, "one") + client_frame(fin | text, "two"));

  EXPECT_EQ(read_frame(ana).payload, "one");
  EXPECT_EQ(read_frame(ana).payload, "two") << "it came in the same read";
  ana.send(client_frame(fin | text, "three"));
  EXPECT_TRUE(ana.is_silent(100ms));
  ear->command([](door::session& s) { s.resume_reading(); });
  EXPECT_EQ(read_frame(ana).payload, "three");
  ana.send(client_frame(fin | text, "four"));
  EXPECT_TRUE(ana.is_silent(100ms));
  ear->command([](door::session& s) { s.resume_reading(); });
  EXPECT_EQ(read_frame(ana).payload, "four");
}

TEST_F(Line, ACloseInTheReadThatPausedKeepsItsCode) {
  start();
  desk->pauses_after_each = true;
  auto ana = joins();

  ana.send(client_frame(fin | text, "one") + client_frame(fin | text, "two") +
           client_frame(fin | 8, std::string("\x0f\xa0", 2) + "bye"));
  ana.shut_down_sending();

  EXPECT_EQ(read_frame(ana).payload, "one");
  EXPECT_EQ(read_frame(ana).payload, "two");
  EXPECT_EQ(read_frame(ana).close_code(), 4000U);
  EXPECT_EQ(end_of().cause, end_cause::closed);
  EXPECT_EQ(end_of().client_code, 4000U);
  EXPECT_EQ(end_of().client_reason, "bye");
}

TEST_F(Line, WhilePausedTheDeadlineOfAMessageStandsStill) {
  start();
  desk->terms.message_deadline = 200ms;
  auto ana = joins();
  const auto ear = desk->ear();
  ana.send(client_frame(text, "half"));
  ASSERT_TRUE(desk->notes.wait([&] { return ear->partial == 4; }));
  ear->command([](door::session& s) { s.pause_reading(); });

  EXPECT_TRUE(ana.is_silent(600ms));
  ear->command([](door::session& s) { s.resume_reading(); });

  EXPECT_EQ(read_frame(ana).close_code(), 1008U);
}

TEST_F(Line, WhilePausedAHangUpIsNoticed) {
  start();
  for (std::size_t i = 0; i < 2; ++i) {
    auto ana = joins();
    const auto ear = desk->ear(i);
    ear->command([](door::session& s) { s.pause_reading(); });
    if (i == 0) {
      ana.close();
    } else {
      ana.reset();
    }
    EXPECT_EQ(end_of(i).cause, end_cause::line_lost);
  }
}

TEST_F(Line, WhilePausedOurCloseStillFindsItsAnswer) {
  start();
  desk->pauses_after_each = true;
  auto ana = joins();
  const auto ear = desk->ear();
  ana.send(client_frame(fin | text, "one"));
  ASSERT_EQ(read_frame(ana).payload, "one") << "now it is paused, and no read is on its way";

  ear->command([&](door::session& s) {
    ear->out().push_close(rules::encode_close(1000, {}));
    s.mark_dirty();
  });
  EXPECT_EQ(read_frame(ana).close_code(), 1000U);
  ana.send(client_close(1000));

  EXPECT_EQ(end_of().cause, end_cause::closed);
}

// -- the whole ------------------------------------------------------------------------------------

TEST_F(Line, StoppingTheSocketsCutsEveryLineAndReportsIt) {
  start();
  std::vector<raw_client> all;
  for (int i = 0; i < 50; ++i)
    all.push_back(joins());

  EXPECT_TRUE(stop());

  for (auto& one : all)
    EXPECT_TRUE(one.is_closed());
  for (std::size_t i = 0; i < 50; ++i)
    EXPECT_EQ(end_of(i).cause, end_cause::dropped);
}

TEST_F(Line, AThreadThatComesBackTooLateStillReportsItsEnds) {
  start({}, 1);
  auto ana = joins();
  auto& busy = dynamic_cast<beast::socket_thread&>(*sockets->threads().front());
  std::promise<void> begun;
  busy.post([&] {
    begun.set_value();
    // Until the sockets have given up on this thread.
    const auto limit = std::chrono::steady_clock::now() + 5s;
    while (!busy.context().stopped() && std::chrono::steady_clock::now() < limit)
      std::this_thread::yield();
  });
  ASSERT_EQ(begun.get_future().wait_for(5s), std::future_status::ready);

  EXPECT_FALSE(sockets->stop(std::chrono::steady_clock::now()));

  EXPECT_EQ(desk->ear()->ends, 1);
  EXPECT_EQ(desk->ear()->facts.cause, end_cause::dropped);
  EXPECT_TRUE(ana.is_closed());
  EXPECT_THAT(log, testing::Contains(testing::HasSubstr("its lines are cut")));
}

TEST_F(Line, UpgradedLinesOutliveTheirListener) {
  start();
  auto ana = joins();

  service->stop_listening();
  bool is_drained = false;
  service->when_drained([&] { notes.write([&] { is_drained = true; }); });

  EXPECT_TRUE(notes.wait([&] { return is_drained; }));
  ana.send(client_frame(fin | text, "still here"));
  EXPECT_EQ(read_frame(ana).payload, "still here");
}

} // namespace
