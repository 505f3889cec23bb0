// The stranger's scripts about workers.

#include <callsign/testkit/world.hpp>

#include <gtest/gtest.h>

namespace {

using callsign::testkit::mail;

class Calls : public testing::Test, public callsign::testkit::world {};

TEST_F(Calls, GoFromOneWorkerToTheNext) {
  int heard = 0;

  inject([&heard](callsign::worker& ana) { ana.call("bob", [&heard] { ++heard; }); }).to("ana");
  expect(mail::task).from("ana").to("bob");

  EXPECT_EQ(heard, 1);
  expect_silence();
}

} // namespace
