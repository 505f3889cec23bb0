// When a burst is over (decision 47).

#include "net/src/beast/heap.hpp"

#include <gtest/gtest.h>

namespace {

using callsign::beast::burst_watch;
using namespace std::chrono_literals;

constexpr std::size_t megabyte = 1024 * 1024;
constexpr burst_watch::time_point begin{std::chrono::hours{1}};

TEST(Burst, IsOverWhenASecondBringsAnEighthOfIt) {
  burst_watch watch;
  EXPECT_FALSE(watch.look(begin));

  watch.moved(80 * megabyte);
  EXPECT_FALSE(watch.look(begin + 500ms)) << "too early to say";
  EXPECT_FALSE(watch.look(begin + 1s)) << "it has just been";
  EXPECT_TRUE(watch.is_waiting());
  watch.moved(10 * megabyte);
  EXPECT_FALSE(watch.look(begin + 2s)) << "it goes on";
  watch.moved(9 * megabyte);
  EXPECT_TRUE(watch.look(begin + 3s));

  EXPECT_TRUE(watch.is_waiting()) << "what is left of it is one, too";
  EXPECT_TRUE(watch.look(begin + 4s));
  EXPECT_FALSE(watch.is_waiting());
  EXPECT_FALSE(watch.look(begin + 5s)) << "once";
}

TEST(Burst, IsNothingThatLeavesLittleBehind) {
  burst_watch watch;
  EXPECT_FALSE(watch.look(begin));

  watch.moved(7 * megabyte);
  EXPECT_FALSE(watch.look(begin + 1s));

  EXPECT_FALSE(watch.is_waiting());
  EXPECT_FALSE(watch.look(begin + 2s));
}

} // namespace
