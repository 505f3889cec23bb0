// Tasks: closures that are moved, never copied (rules W-21 and W-22).

#include <callsign/task.hpp>

#include <gtest/gtest.h>

#include <array>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

namespace {

using callsign::task;
using callsign::worker;

static_assert(!std::is_copy_constructible_v<task>);
static_assert(!std::is_copy_assignable_v<task>);
static_assert(std::is_nothrow_move_constructible_v<task>);
static_assert(std::is_nothrow_move_assignable_v<task>);
static_assert(std::is_constructible_v<task, void (*)()>);
static_assert(std::is_constructible_v<task, void (*)(worker&)>);
static_assert(!std::is_constructible_v<task, void (*)(int)>);
static_assert(!std::is_constructible_v<task, int>);

/// The tasks here mention no worker.
worker& nowhere() {
  alignas(std::max_align_t) static std::byte room[64];
  return reinterpret_cast<worker&>(room);
}

/// Counts the copies of itself that are alive.
template <std::size_t Padding>
struct counted {
  explicit counted(int& alive_now) : alive{&alive_now} { ++*alive; }
  counted(counted&& other) noexcept : alive{other.alive} { ++*alive; }
  counted(const counted&) = delete;
  ~counted() { --*alive; }
  void operator()() const {}
  int* alive;
  std::array<char, Padding> padding{};
};

template <class Closure>
class AnyTask : public testing::Test {};
using small_and_large = testing::Types<counted<1>, counted<200>>;
TYPED_TEST_SUITE(AnyTask, small_and_large);

TYPED_TEST(AnyTask, DestroysItsClosureExactlyOnce) {
  int alive = 0;
  {
    task one{TypeParam{alive}};
    EXPECT_EQ(alive, 1);
    task two{std::move(one)};
    EXPECT_EQ(alive, 1);
    EXPECT_FALSE(one);
    one = std::move(two);
    EXPECT_EQ(alive, 1);
    EXPECT_TRUE(one);
    one(nowhere());
    EXPECT_EQ(alive, 1);
  }
  EXPECT_EQ(alive, 0);
}

TYPED_TEST(AnyTask, AssignmentDestroysWhatWasThere) {
  int first = 0;
  int second = 0;
  task one{TypeParam{first}};
  one = task{TypeParam{second}};
  EXPECT_EQ(first, 0);
  EXPECT_EQ(second, 1);
  one = nullptr;
  EXPECT_EQ(second, 0);
  EXPECT_FALSE(one);
}

TYPED_TEST(AnyTask, MovedOntoItselfStaysWhatItWas) {
  int alive = 0;
  task one{TypeParam{alive}};
  auto& same = one;
  one = std::move(same);
  EXPECT_TRUE(one);
  EXPECT_EQ(alive, 1);
}

TEST(Task, RunsWhatItWasGiven) {
  int ran = 0;
  task plain{[&] { ++ran; }};
  task with_worker{[&](worker& self) {
    EXPECT_EQ(&self, &nowhere());
    ++ran;
  }};
  plain(nowhere());
  with_worker(nowhere());
  EXPECT_EQ(ran, 2);
}

TEST(Task, IsGivenTheWorkerIfTheClosureTakesIt) {
  struct both {
    void operator()() const { ADD_FAILURE() << "the worker was left out"; }
    void operator()(worker&) const {}
  };
  task one{both{}};
  one(nowhere());
}

TEST(Task, MovesWhatTheClosureOwns) {
  int seen = 0;
  task one{[owned = std::make_unique<int>(42), &seen] { seen = *owned; }};
  task two{std::move(one)};
  two(nowhere());
  EXPECT_EQ(seen, 42);
}

TEST(Task, CopiesWhatTheClosureCopiesAtTheTimeItIsMade) {
  // W-21: a formula copies the value of every local variable when it is created, not when it runs.
  std::string local = "before";
  std::string seen;
  task one{[local, &seen] { seen = local; }};
  local = "after";
  one(nowhere());
  EXPECT_EQ(seen, "before");
}

TEST(Task, IsEmptyWhenMadeOfNothing) {
  EXPECT_FALSE(task{});
  EXPECT_FALSE(task{nullptr});
  EXPECT_FALSE(task{std::function<void()>{}});
  EXPECT_FALSE(task{static_cast<void (*)()>(nullptr)});
  EXPECT_TRUE(task{std::function<void()>{[] {}}});
  EXPECT_TRUE(task{+[] {}});
}

TEST(Task, LetsAnExceptionOfItsClosureThrough) {
  task one{[] { throw std::runtime_error("no"); }};
  EXPECT_THROW(one(nowhere()), std::runtime_error);
  EXPECT_TRUE(one);
}

TEST(Task, KeepsAClosureThatMayThrowWhenMovedOnTheHeap) {
  struct moody {
    moody() = default;
    moody(moody&&) noexcept(false) {}
    void operator()() const {}
  };
  task one{moody{}};
  task two{std::move(one)};
  EXPECT_TRUE(two);
  two(nowhere());
}

} // namespace
