// When to ping, and when a line is dead.

#include "net/src/rules/heartbeat.hpp"

#include <gtest/gtest.h>

namespace {

using namespace callsign::rules;
using namespace std::chrono_literals;
using action = heartbeat::action;

constexpr time_point start{1000h};

TEST(Heartbeat, IsOffAtZero) {
  EXPECT_FALSE(heartbeat{}.is_on());
  EXPECT_FALSE((heartbeat{0s, 20s, start}.is_on()));
  EXPECT_TRUE((heartbeat{20s, 20s, start}.is_on()));
}

TEST(Heartbeat, PingsAfterSilenceAndGivesUpWithoutAnAnswer) {
  heartbeat beat{20s, 10s, start};
  EXPECT_EQ(beat.first_look(), start + 20s);

  auto step = beat.look(start + 20s);
  EXPECT_EQ(step.what, action::ping);
  EXPECT_EQ(step.look_again, start + 30s);

  step = beat.look(start + 29s);
  EXPECT_EQ(step.what, action::none);
  EXPECT_EQ(step.look_again, start + 30s);
  EXPECT_EQ(beat.look(start + 30s).what, action::dead);
}

TEST(Heartbeat, AnyByteIsAnAnswer) {
  heartbeat beat{20s, 10s, start};
  EXPECT_EQ(beat.look(start + 20s).what, action::ping);
  beat.heard(start + 25s);

  const auto step = beat.look(start + 30s);
  EXPECT_EQ(step.what, action::none);
  EXPECT_EQ(step.look_again, start + 45s);
  EXPECT_EQ(beat.look(start + 45s).what, action::ping);
}

TEST(Heartbeat, WhoSpeaksIsNotPinged) {
  heartbeat beat{20s, 10s, start};
  beat.heard(start + 19s);
  const auto step = beat.look(start + 20s);
  EXPECT_EQ(step.what, action::none);
  EXPECT_EQ(step.look_again, start + 39s);
}

TEST(Heartbeat, WhilePausedPingsGoOnAndNobodyDies) {
  heartbeat beat{20s, 10s, start};
  beat.paused();
  for (int i = 1; i < 10; ++i) {
    const auto step = beat.look(start + i * 20s);
    EXPECT_EQ(step.what, action::ping);
    EXPECT_EQ(step.look_again, start + (i + 1) * 20s);
  }
  beat.resumed(start + 185s);
  EXPECT_EQ(beat.look(start + 200s).what, action::none);
  EXPECT_EQ(beat.look(start + 205s).what, action::ping);
  EXPECT_EQ(beat.look(start + 215s).what, action::dead);
}

// The ping was out when reading paused: its missing answer proves nothing any more.
TEST(Heartbeat, APauseForgivesThePingThatIsOut) {
  heartbeat beat{20s, 10s, start};
  EXPECT_EQ(beat.look(start + 20s).what, action::ping);
  beat.paused();
  EXPECT_EQ(beat.look(start + 30s).what, action::ping);
  beat.resumed(start + 31s);
  EXPECT_EQ(beat.look(start + 50s).what, action::none);
}

} // namespace
