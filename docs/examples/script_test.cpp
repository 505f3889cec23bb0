// What docs/testing.md shows.

// [script]
#include <callsign/testkit/world.hpp>

#include <gtest/gtest.h>

#include <string>

namespace {

using callsign::worker;
using callsign::testkit::mail;

/// A set of workers in which nothing runs until the test says so.
class Calls : public testing::Test, public callsign::testkit::world {};

TEST_F(Calls, AnAnswerComesBackToTheWorkerThatAsked) {
  std::string heard;

  inject([&heard](worker& ana) {
    ana.call("bob", [&heard, asker = ana.name()](worker& bob) {
      bob.call(asker, [&heard] { heard = "Good evening"; });
    });
  }).to("ana");
  expect(mail::task).to("bob");
  expect(mail::task).to("ana");

  EXPECT_EQ(heard, "Good evening");
  expect_silence();
}

} // namespace
// [script] end
