// Lists that those who are gone leave.

#include "actors/src/enlist.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

namespace {

using callsign::detail::enlist;

TEST(Enlist, WhoIsGoneLeaves) {
  std::vector<std::weak_ptr<int>> list;
  const auto stays = std::make_shared<int>(0);
  enlist(list, stays);
  for (int i = 0; i < 1000; ++i)
    enlist(list, std::make_shared<int>(i));
  EXPECT_LE(list.size(), 4u);
  EXPECT_EQ(list.front().lock(), stays);
}

TEST(Enlist, ManyWhoStayAreSeldomLookedThrough) {
  std::vector<std::weak_ptr<int>> list;
  list.reserve(1024);
  std::vector<std::shared_ptr<int>> stay;
  for (int i = 0; i < 1023; ++i) {
    stay.push_back(std::make_shared<int>(i));
    enlist(list, stay.back());
  }
  int looks = 0;
  for (int i = 0; i < 10'000; ++i) {
    const auto before = list.size();
    enlist(list, std::make_shared<int>(i));
    looks += list.size() <= before ? 1 : 0;
  }
  EXPECT_GE(looks, 5);
  EXPECT_LE(looks, 10) << "for each look about as many come as there are";
  EXPECT_LE(list.capacity(), 2048u);
}

} // namespace
