// What can be seen of workers from outside: rules W-11, W-46, W-47.

#include <callsign/testkit/world.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace {

using namespace callsign;
using namespace std::chrono_literals;
using callsign::testkit::mail;
using testing::ElementsAre;
using testing::Field;
using testing::StartsWith;

class Snapshots : public testing::Test, public testkit::world {};

// W-46
TEST_F(Snapshots, TheNumberOfANameIsZeroWhenNoneRunsUnderItAndAskingMakesNone) {
  EXPECT_EQ(workers().number_of("bob"), 0u);
  EXPECT_EQ(workers().number_of("bob"), 0u);
  EXPECT_THAT(workers().list(), testing::SizeIs(1));

  call("bob", [] {});
  EXPECT_GT(workers().number_of("bob"), 0u);
  workers().kill("bob");
  run();

  EXPECT_EQ(workers().number_of("bob"), 0u);
}

// W-47
TEST_F(Snapshots, ThereIsNoneOfAWrongNumber) {
  EXPECT_FALSE(workers().info(0));
  EXPECT_FALSE(workers().info(9999));
}

TEST_F(Snapshots, ThereIsNoneOfAnEarlierIncarnation) {
  call("bob", [] {});
  const auto old = workers().number_of("bob");
  workers().kill("bob");
  call("bob", [] {});
  run();
  EXPECT_FALSE(workers().info(old));
  EXPECT_TRUE(workers().info(workers().number_of("bob")));
}

// W-38
TEST_F(Snapshots, TheMainWorkerIsThereFromTheStart) {
  const auto main = workers().info(main_worker);
  ASSERT_TRUE(main);
  EXPECT_EQ(main->name, "main");
  EXPECT_EQ(main->number, main_worker);
  EXPECT_EQ(main->created, clock().stamp());
}

TEST_F(Snapshots, CountWhatWaitsRunsAndFails) {
  workers().on_error([](const task_error&) {});
  call("bob", [] {});
  call("bob", [] { throw 1; });
  call("bob", [] {});
  const auto number = workers().number_of("bob");
  EXPECT_EQ(workers().info(number)->waiting, 3u);

  expect(mail::task).to("bob");
  EXPECT_EQ(workers().info(number)->waiting, 2u);
  EXPECT_EQ(workers().info(number)->handled, 1u);
  run();

  const auto now = workers().info(number);
  EXPECT_EQ(now->waiting, 0u);
  EXPECT_EQ(now->handled, 3u);
  EXPECT_EQ(now->failed, 1u);
  EXPECT_EQ(now->state, worker_state::idle);
  EXPECT_EQ(now->running, "");
}

TEST_F(Snapshots, SayWhatRuns) {
  inject([](worker& self) {
    const auto now = self.set().info(self.number());
    EXPECT_EQ(now->state, worker_state::executing);
    EXPECT_THAT(now->running, StartsWith("snapshots_test.cpp:"));
  }).to("bob");
}

TEST_F(Snapshots, SayWhenTheIncarnationBeganAndWhichItIs) {
  call("bob", [] {});
  const auto first = workers().info(workers().number_of("bob"));
  EXPECT_EQ(first->created, clock().stamp());
  EXPECT_EQ(first->incarnation, 1u);
  workers().kill("bob");
  run();
  clock().advance(90s);

  call("bob", [] {});

  const auto second = workers().info(workers().number_of("bob"));
  EXPECT_EQ(second->created - first->created, 90s);
  EXPECT_EQ(second->incarnation, 2u);
  run();
}

TEST_F(Snapshots, AreListedInOrderOfNumber) {
  for (const char* who : {"eve", "ana", "bob"})
    call(who, [] {});
  EXPECT_THAT(workers().list(),
              ElementsAre(Field(&worker_info::name, "main"), Field(&worker_info::name, "eve"),
                          Field(&worker_info::name, "ana"), Field(&worker_info::name, "bob")));
  workers().kill("ana");
  run();
  EXPECT_THAT(workers().list(),
              ElementsAre(Field(&worker_info::name, "main"), Field(&worker_info::name, "eve"),
                          Field(&worker_info::name, "bob")));
}

// Whoever sees a number can use it, however new it is.
TEST_F(Snapshots, ANumberIsGoodAsSoonAsItCanBeSeen) {
  call("bob", [] {});
  EXPECT_EQ(workers().call(workers().number_of("bob"), [] {}), call_result::queued);
  run();
}

TEST_F(Snapshots, AHiredWorkerIsThereBeforeItsFirstCall) {
  workers().hire("bob", runs_on::own_thread);
  const auto now = workers().info(workers().number_of("bob"));
  ASSERT_TRUE(now);
  EXPECT_EQ(now->kind, runs_on::own_thread);
  run();
  expect_silence();
}

} // namespace
