// What can be seen of workers while they run: ages, times, dead letters, traces, descriptions.
// Rules W-46 and W-47.

#include <callsign/testkit/world.hpp>

#include "actors/src/slot.hpp"
#include "tests/actors/waiting.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <cstdint>
#include <limits>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace callsign;
using namespace std::chrono_literals;
using callsign::testkit::mail;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using tests::event;

constexpr process_variable<int> COUNT{"COUNT"};

class Inspection : public testing::Test, public testkit::world {
protected:
  worker_info see(std::string_view name) { return *workers().info(workers().number_of(name)); }
};

// W-47
TEST_F(Inspection, TheAgeOfWhatHasWaitedLongestIsSeen) {
  call("bob", [] {});
  EXPECT_EQ(see("bob").oldest_waits, 0ns);
  clock().advance(3s);
  call("bob", [] {});
  clock().advance(2s);
  EXPECT_EQ(see("bob").oldest_waits, 5s);
  expect(mail::task).to("bob");
  EXPECT_EQ(see("bob").oldest_waits, 5s) << "the other came in the same grip";

  run();
  EXPECT_EQ(see("bob").oldest_waits, 0ns) << "nothing waits";
  call("bob", [] {});
  clock().advance(1s);
  EXPECT_EQ(see("bob").oldest_waits, 1s) << "that one, not those before it";
  run();
}

// W-34, W-47
TEST_F(Inspection, WhatWaitsForTheNextIncarnationAges) {
  call("bob", [] {});
  run();
  workers().kill("bob");
  call("bob", [] {});
  clock().advance(4s);
  EXPECT_EQ(see("bob").oldest_waits, 4s);
  call("bob", [] {});
  expect(mail::end).to("bob");
  EXPECT_EQ(see("bob").incarnation, 2u);
  EXPECT_EQ(see("bob").oldest_waits, 4s);
  run();
}

// W-42, W-47
TEST_F(Inspection, AnAbortMakesNothingYounger) {
  call("bob", [] {});
  clock().advance(3s);
  workers().abort("bob");
  expect(mail::end).to("bob");
  EXPECT_EQ(see("bob").incarnation, 2u);
  EXPECT_EQ(see("bob").oldest_waits, 3s);
  run();
}

// W-47, W-79
TEST_F(Inspection, InALimitedMailboxEachEntryHasItsAge) {
  workers().limit("bob", {.most = 5});
  clock().advance(100s);
  call("bob", [] {});
  clock().advance(30s);
  call("bob", [] {});
  clock().advance(60s);
  const auto near = [](std::chrono::nanoseconds age) {
    return AllOf(testing::Ge(age - 20ms), testing::Le(age + 20ms));
  };
  EXPECT_THAT(see("bob").oldest_waits, near(90s));
  expect(mail::task).to("bob");
  EXPECT_THAT(see("bob").oldest_waits, near(60s));
  run();
}

// W-47
TEST_F(Inspection, TheTaskThatRunsAndItsAgeAreSeen) {
  call("bob", [&](worker& self) {
    clock().advance(7s);
    const auto now = see(self.name());
    EXPECT_EQ(now.state, worker_state::executing);
    EXPECT_THAT(now.running, HasSubstr("inspection_test.cpp:"));
    EXPECT_EQ(now.running_for, 7s);
  });
  run();
  EXPECT_EQ(see("bob").running_for, 0ns);
  EXPECT_EQ(see("bob").running, "");
}

// Posts to nobody, and what a kill drops.
TEST_F(Inspection, DeadLettersAreCountedAndTold) {
  std::vector<dead_letter> heard;
  workers().on_dead_letter([&](const dead_letter& what) { heard.push_back(what); });
  workers().call(4711, [] {});
  ASSERT_THAT(heard, SizeIs(1));
  EXPECT_EQ(heard[0].worker, "");
  EXPECT_EQ(heard[0].number, 4711u);
  EXPECT_EQ(heard[0].why, drop_reason::no_such_worker);
  EXPECT_THAT(heard[0].label, HasSubstr("inspection_test.cpp:"));

  call("bob", [] {});
  inject([](worker& self) { self.call("bob", [] {}); }).to("ana");
  const auto bob = workers().number_of("bob");
  workers().kill("bob");
  ASSERT_THAT(heard, SizeIs(3));
  EXPECT_EQ(heard[1].worker, "bob");
  EXPECT_EQ(heard[1].number, bob);
  EXPECT_EQ(heard[1].kind, "task");
  EXPECT_EQ(heard[1].sender, 0u);
  EXPECT_EQ(heard[1].why, drop_reason::killed);
  EXPECT_EQ(heard[2].sender, workers().number_of("ana"));

  run();
  EXPECT_EQ(workers().dead_letters(), 3u);
  EXPECT_EQ(workers().dead_letters(drop_reason::no_such_worker), 1u);
  EXPECT_EQ(workers().dead_letters(drop_reason::killed), 2u);
}

// W-35, W-79, W-81
TEST_F(Inspection, EveryReasonForADeadLetterIsTold) {
  std::vector<drop_reason> heard;
  workers().on_dead_letter([&](const dead_letter& what) { heard.push_back(what.why); });
  inject([](worker& self) {
    self.kill();
    self.call("ana", [] {});
    self.call(self.number(), [] {});
  }).to("ana");
  run();
  EXPECT_THAT(heard, ElementsAre(drop_reason::after_own_kill, drop_reason::after_own_kill));

  heard.clear();
  workers().limit("bob", {.most = 1, .then = when_full::drop_oldest});
  call("bob", [] {});
  call("bob", [] {});
  workers().limit("bob", {.most = 1, .then = when_full::drop_newest});
  call("bob", [] {});
  workers().limit("bob", {.most = 1});
  EXPECT_EQ(call("bob", [] {}), call_result::mailbox_full);
  EXPECT_THAT(heard, ElementsAre(drop_reason::overflow, drop_reason::overflow))
      << "a rejected call is its caller's";

  heard.clear();
  workers().stop();
  call("bob", [] {});
  workers().call(4711, [] {});
  EXPECT_THAT(heard, ElementsAre(drop_reason::shutting_down, drop_reason::shutting_down,
                                 drop_reason::shutting_down));
  EXPECT_EQ(workers().dead_letters(), 7u);
}

TEST_F(Inspection, AHandlerOfDeadLettersThatThrowsBecomesAWarning) {
  std::vector<std::string> warned;
  workers().on_warning([&](const std::string& line) { warned.push_back(line); });
  workers().on_dead_letter([](const dead_letter&) { throw std::runtime_error("no"); });
  workers().call(4711, [] {});
  EXPECT_THAT(warned, ElementsAre(HasSubstr("dead letters")));
  workers().on_dead_letter(nullptr);
  workers().call(4711, [] {});
  EXPECT_THAT(warned, SizeIs(1));
}

TEST_F(Inspection, OneWorkerIsTracedWhileItRunsAndNoLonger) {
  std::vector<trace_line> lines;
  workers().on_trace([&](const trace_line& one) { lines.push_back(one); });
  workers().on_error([](const task_error&) {});
  workers().trace("bob", tracing::on);
  EXPECT_EQ(workers().number_of("bob"), 0u) << "makes no worker";
  call("eve", [] {});
  call("bob", [&] { clock().advance(5ms); });
  const std::string first = "inspection_test.cpp:" + std::to_string(__LINE__ - 1);
  clock().advance(2ms);
  run();
  inject([](worker& self) { self.call("bob", [] { throw 1; }); }).to("ana");
  run();

  ASSERT_THAT(lines, SizeIs(2));
  EXPECT_EQ(lines[0].worker, "bob");
  EXPECT_EQ(lines[0].number, workers().number_of("bob"));
  EXPECT_EQ(lines[0].kind, "task");
  EXPECT_EQ(lines[0].label, first);
  EXPECT_EQ(lines[0].sender, 0u);
  EXPECT_EQ(lines[0].waited, 2ms);
  EXPECT_EQ(lines[0].ran, 5ms);
  EXPECT_FALSE(lines[0].is_failed);
  EXPECT_EQ(lines[0].in_words(), "bob (" + std::to_string(lines[0].number) + "): task given at " +
                                     first + ", waited 2000 us, ran 5000 us");
  EXPECT_EQ(lines[1].sender, workers().number_of("ana"));
  EXPECT_TRUE(lines[1].is_failed);
  EXPECT_EQ(see("bob").failed, 1u) << "tracing hides nothing";

  workers().trace(workers().number_of("bob"), tracing::off);
  call("bob", [] {});
  run();
  EXPECT_THAT(lines, SizeIs(2));
}

TEST_F(Inspection, TimersRepliesAndDropsOfATracedWorkerAreAsEver) {
  std::vector<std::string> kinds;
  workers().on_trace([&](const trace_line& one) { kinds.push_back(one.kind); });
  workers().trace("bob", tracing::on);
  call("bob", [](worker& self) {
    self.after(1s, [] {});
    self.ask(
        "eve", [] { return 1; }, [](worker&, answer<int> got) { EXPECT_EQ(*got, 1); });
  });
  run();
  clock().advance(1s);
  run();
  EXPECT_THAT(kinds, ElementsAre("task", "reply", "timer"));

  auto lost = workers().ask("bob", [] { return 1; });
  workers().kill("bob");
  EXPECT_EQ(lost.result().why().code, errc::worker_killed);
}

TEST_F(Inspection, AWorkerDescribesItself) {
  call("bob", [](worker& self) {
    self[COUNT] = 3;
    self.describe_by([](worker& here) {
      return to_json({value::structure{{"count", {std::int64_t{here[COUNT]}}}}});
    });
  });
  EXPECT_EQ(workers().describe("bob").get(), R"({"count":3})");
  call("eve", [] {});
  EXPECT_EQ(workers().describe("eve").get(), "null") << "it says nothing";
  EXPECT_EQ(workers().describe("nobody").result().why().code, errc::no_such_worker);
  EXPECT_EQ(workers().number_of("nobody"), 0u);

  workers().kill("bob");
  call("bob", [] {});
  run();
  EXPECT_EQ(workers().describe("bob").get(), "null") << "that was another incarnation";
}

TEST(Json, SaysWhatAValueHolds) {
  const value all{value::list{{},
                              {true},
                              {std::int64_t{-5}},
                              {~std::uint64_t{0}},
                              {0.1},
                              {std::string{"a\"\\\n\x01é"}},
                              {value::list{{value::list{}}, {std::int64_t{1}}}},
                              {value::structure{{"b", {false}}, {"a", {}}}},
                              {std::numeric_limits<double>::infinity()}}};
  EXPECT_EQ(to_json(all), "[null,true,-5,18446744073709551615,0.1,\"a\\\"\\\\\\u000a\\u0001é\","
                          "[[],1],{\"a\":null,\"b\":false},null]");
}

// W-47
TEST(InspectionThreads, ProcessorTimeIsMeasuredWhileItIsAskedFor) {
  class workers all {
    {
      .interrupts = signals::left_alone
    }
  };
  const auto work = [&] {
    all.ask("bob",
            [] {
              const auto until = std::chrono::steady_clock::now() + 20ms;
              std::uint64_t n = 0;
              while (std::chrono::steady_clock::now() < until)
                ++n;
              return n;
            })
        .get();
    return all.info(all.number_of("bob"))->processor_time;
  };
  EXPECT_EQ(work(), 0ns);
  all.measure_processor_time(measuring::on);
  // It is put down when the worker has nothing more to do, perhaps after it has answered.
  const auto limit = std::chrono::steady_clock::now() + tests::long_enough;
  auto measured = 0ns;
  while (measured == 0ns && std::chrono::steady_clock::now() < limit)
    measured = work();
  EXPECT_GT(measured, 0ns);
  EXPECT_LT(measured, 5s);
  all.measure_processor_time(measuring::off);
}

// The thread of an incarnation that has ended may still put its time down when the next one's does.
TEST(ProcessorTime, OfTwoThreadsIsAllPutDown) {
  constexpr int times = 500'000;
  const auto who = std::make_shared<detail::slot>(detail::slot::main_tag{}, "main",
                                                  std::chrono::system_clock::time_point{});
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 2; ++i) {
      threads.emplace_back([&who] {
        for (int n = 0; n < times; ++n)
          who->add_processor_time(1ns);
      });
    }
  }
  EXPECT_EQ(who->info()->processor_time, std::chrono::nanoseconds{2 * times});
}

} // namespace
