// Lines that are read and written together, and what happens when the kernel does not let us.

#include "tests/net/forbidden.hpp"
#include "tests/net/line_fixture.hpp"

#include <sys/socket.h>
#include <sys/syscall.h>

#include <cstddef>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace callsign;
using namespace callsign::test;
using namespace std::chrono_literals;
using door::end_cause;

/// One I/O thread, and clients that all have something to hear in the same turn.
class Together : public Line {
protected:
  Together() { backend = io_backend::io_uring; }
  void SetUp() override {
    start({}, 1);
    if (whispers.empty())
      GTEST_SKIP() << log.at(0); // the kernel does not let us
    EXPECT_EQ(whispers[0], "the network uses io_uring");
  }
  void join(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      people.push_back(joins());
      ears.push_back(desk->ear(ears.size()));
      ASSERT_NE(ears.back(), nullptr);
      ears.back()->out().set_limits({.max_bytes = 16'000'000});
    }
  }
  /// In one step of the I/O thread: whatever it marks dirty is written in the same turn.
  void at_once(const std::function<void()>& what) {
    std::promise<void> done;
    sockets->threads()[0]->post([&] {
      what();
      done.set_value();
    });
    ASSERT_EQ(done.get_future().wait_for(5s), std::future_status::ready);
  }
  void say(std::size_t to, const std::string& what) {
    static_cast<void>(ears[to]->out().push(
        rules::whole(rules::make_block(rules::encode_frame(rules::opcode::text, what)))));
    ears[to]->at_hand().mark_dirty();
  }

  std::vector<raw_client> people;
  std::vector<std::shared_ptr<stub_ear>> ears;
};

TEST_F(Together, EverybodyHearsHisOwn) {
  join(300); // more than one submission takes

  for (int round = 0; round < 3; ++round) {
    at_once([&] {
      for (std::size_t i = 0; i < people.size(); ++i)
        say(i, std::to_string(round) + " for " + std::to_string(i));
    });
  }

  for (std::size_t i = 0; i < people.size(); ++i) {
    for (int round = 0; round < 3; ++round)
      EXPECT_EQ(read_frame(people[i]).payload, std::to_string(round) + " for " + std::to_string(i));
    people[i].send(client_frame(ping, ""));
    EXPECT_EQ(read_frame(people[i]).first_byte, pong) << "and nothing else";
  }
}

TEST_F(Together, MorePiecesThanOneSendTakesKeepTheirOrder) {
  join(8);

  at_once([&] {
    for (int piece = 0; piece < 200; ++piece) {
      for (std::size_t i = 0; i < people.size(); ++i)
        say(i, std::to_string(piece));
    }
  });

  for (auto& one : people) {
    for (int piece = 0; piece < 200; ++piece)
      EXPECT_EQ(read_frame(one).payload, std::to_string(piece));
  }
}

TEST_F(Together, WhoReadsSlowlyGetsEverythingAndHoldsNobodyUp) {
  join(8);
  const std::string much(4'000'000, 'x'); // more than the kernel keeps for a socket

  at_once([&] {
    for (std::size_t i = 0; i < people.size(); ++i)
      say(i, i % 2 == 0 ? much : "short");
  });
  at_once([&] {
    for (std::size_t i = 0; i < people.size(); ++i)
      say(i, "the end");
  });

  for (std::size_t i = 1; i < people.size(); i += 2) {
    EXPECT_EQ(read_frame(people[i]).payload, "short");
    EXPECT_EQ(read_frame(people[i]).payload, "the end");
  }
  for (std::size_t i = 0; i < people.size(); i += 2) {
    EXPECT_EQ(read_frame(people[i], 20s).payload, much);
    EXPECT_EQ(read_frame(people[i]).payload, "the end");
  }
}

TEST_F(Together, WhoIsGoneEndsAloneAndTheOthersHear) {
  join(12);
  at_once([&] {
    // The thread is busy with this step: nobody has noticed by the time of the flush.
    for (std::size_t i = 0; i < people.size(); i += 3)
      people[i].reset();
    for (std::size_t i = 0; i < people.size(); ++i) {
      say(i, "Good evening");
      if (i % 3 == 1)
        ears[i]->at_hand().drop();
    }
  });

  for (std::size_t i = 0; i < people.size(); ++i) {
    if (i % 3 == 2) {
      EXPECT_EQ(read_frame(people[i]).payload, "Good evening");
    } else {
      EXPECT_EQ(end_of(i).cause, i % 3 == 0 ? end_cause::line_lost : end_cause::dropped);
    }
  }
}

TEST_F(Together, ClosesGoOutBehindWhatWaits) {
  join(8);

  at_once([&] {
    for (std::size_t i = 0; i < people.size(); ++i) {
      say(i, "bye");
      ears[i]->out().push_close(rules::encode_close(1001, {}));
    }
  });

  for (auto& one : people) {
    EXPECT_EQ(read_frame(one).payload, "bye");
    EXPECT_EQ(read_frame(one).close_code(), 1001U);
    one.send(client_close(1001));
    EXPECT_EQ(one.read_to_end(), "");
  }
  for (std::size_t i = 0; i < people.size(); ++i)
    EXPECT_EQ(end_of(i).cause, end_cause::closed);
}

TEST_F(Together, AnEndWithMuchToWriteIsAnEnd) {
  join(8);
  at_once([&] {
    for (std::size_t i = 0; i < people.size(); ++i)
      say(i, std::string(4'000'000, 'x'));
  });

  EXPECT_TRUE(stop());

  for (std::size_t i = 0; i < people.size(); ++i)
    EXPECT_EQ(end_of(i).cause, end_cause::dropped);
}

/// Shows, too, that the other stories do go through the ring.
TEST_F(Together, AKernelThatChangesItsMindLosesNothing) {
  join(8);

  at_once([] { forbid(SYS_io_uring_enter); });
  for (int round = 0; round < 2; ++round) {
    at_once([&] {
      for (std::size_t i = 0; i < people.size(); ++i)
        say(i, std::to_string(round));
    });
  }

  for (auto& one : people) {
    EXPECT_EQ(read_frame(one).payload, "0");
    EXPECT_EQ(read_frame(one).payload, "1");
    one.send(client_frame(fin | text, "and you?"));
    EXPECT_EQ(read_frame(one).payload, "and you?");
  }
  ASSERT_TRUE(stop());
  EXPECT_THAT(log, testing::ElementsAre("I/O thread 0: io_uring fails; this thread goes on with "
                                        "epoll"));
}

/// They are too few to be written together: only reading can find out.
TEST_F(Together, AKernelThatChangesItsMindIsNoticedByReadersToo) {
  join(3); // fewer than are written together

  at_once([] { forbid(SYS_io_uring_enter); });

  for (auto& one : people) {
    one.send(client_frame(fin | text, "Good evening"));
    EXPECT_EQ(read_frame(one).payload, "Good evening");
  }
  ASSERT_TRUE(stop());
  EXPECT_THAT(log, testing::ElementsAre(testing::HasSubstr("goes on with epoll")));
}

// -- reading --------------------------------------------------------------------------------------

/// All are with the kernel before the thread looks: more than it has buffers.
TEST_F(Together, MoreSpeakersThanBuffersAreAllHeard) {
  join(300);

  for (int round = 0; round < 2; ++round) {
    at_once([&] {
      for (std::size_t i = 0; i < people.size(); ++i)
        people[i].send(client_frame(fin | text, std::to_string(i)));
    });
    for (std::size_t i = 0; i < people.size(); ++i)
      EXPECT_EQ(read_frame(people[i]).payload, std::to_string(i));
  }
}

TEST_F(Together, LongMessagesOfManyArriveWhole) {
  join(100);
  const std::string long_word(30'000, 'w'); // more than a buffer

  at_once([&] {
    for (std::size_t i = 0; i < people.size(); ++i)
      people[i].send(client_frame(fin | text, std::to_string(i) + long_word));
  });

  for (std::size_t i = 0; i < people.size(); ++i)
    EXPECT_EQ(read_frame(people[i]).payload, std::to_string(i) + long_word);
}

class Paused : public Together {
protected:
  /// Somebody who pauses after each read, of which there are several in one round.
  void send_several_reads() {
    desk->pauses_after_each = true;
    join(1);
    at_once([&] {
      for (int i = 0; i < count; ++i)
        people[0].send(client_frame(fin | text, word(i)));
    });
    EXPECT_EQ(read_frame(people[0]).payload, word(0));
  }
  [[nodiscard]] static std::string word(int i) {
    return std::to_string(i) + std::string(19'000, 'w'); // a buffer holds one and a little
  }
  [[nodiscard]] std::size_t heard() {
    std::size_t all = 0;
    desk->notes.write([&] { all = ears[0]->messages.size(); });
    return all;
  }
  void expect_the_rest() {
    int next = 1;
    while (next < count) {
      if (static_cast<int>(heard()) == next)
        ears[0]->command([](door::session& s) { s.resume_reading(); });
      ASSERT_EQ(read_frame(people[0]).payload, word(next)) << next;
      ++next;
    }
  }
  static constexpr int count = 6;
};

TEST_F(Paused, WhatWasReadBeforeIsKept) {
  send_several_reads();

  at_once([] {});
  EXPECT_EQ(heard(), 1U) << "nothing is told meanwhile";
  expect_the_rest();
}

TEST_F(Paused, WhatWasReadBeforeSurvivesTheRing) {
  send_several_reads();
  join(1);

  at_once([] { forbid(SYS_io_uring_enter); });
  // Whoever speaks has the thread find out.
  people[1].send(client_frame(fin | text, "Good evening"));
  EXPECT_EQ(read_frame(people[1]).payload, "Good evening");

  expect_the_rest();
}

TEST_F(Paused, WhoHangsUpMeanwhileIsHeardToTheEnd) {
  send_several_reads();
  people[0].shut_down_sending();

  // A line that is paused is looked at every second.
  EXPECT_FALSE(desk->notes.wait([&] { return ears[0]->ends > 0; }, 1500ms));
  expect_the_rest();

  EXPECT_EQ(end_of().cause, end_cause::line_lost);
}

// -- the choice -----------------------------------------------------------------------------------

class Forbidden : public Line {
protected:
  /// A thread that may make no ring starts everything.
  void start_forbidden(io_backend wanted) {
    backend = wanted;
    std::thread{[this] {
      forbid(SYS_io_uring_setup);
      start();
    }}.join();
  }
};

TEST_F(Forbidden, RingLeavesEpollWithOneLineThatSaysWhy) {
  start_forbidden(io_backend::io_uring);
  auto ana = joins();

  ana.send(client_frame(fin | text, "Good evening"));

  EXPECT_EQ(read_frame(ana).payload, "Good evening");
  ASSERT_TRUE(stop());
  EXPECT_THAT(log, testing::ElementsAre("the network uses epoll, because io_uring cannot be used: "
                                        "Operation not permitted"));
}

TEST_F(Forbidden, RingIsToldToWhoLeavesTheChoiceToUs) {
  start_forbidden(io_backend::automatic);
  auto ana = joins();

  ana.send(client_frame(fin | text, "Good evening"));

  EXPECT_EQ(read_frame(ana).payload, "Good evening");
  ASSERT_TRUE(stop());
  EXPECT_THAT(log, testing::ElementsAre(testing::EndsWith("Operation not permitted")));
}

TEST_F(Forbidden, RingIsNoMatterToWhoAsksForEpoll) {
  start_forbidden(io_backend::epoll);
  auto ana = joins();

  ana.send(client_frame(fin | text, "Good evening"));

  EXPECT_EQ(read_frame(ana).payload, "Good evening");
  ASSERT_TRUE(stop());
  EXPECT_THAT(log, testing::IsEmpty());
}

} // namespace
