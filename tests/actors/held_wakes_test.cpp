// Wake-ups that wait until a thread has said everything.

#include "tests/actors/waiting.hpp"

#include "actors/src/held_wakes.hpp"
#include "actors/src/unit.hpp"

#include <gtest/gtest.h>

#include <array>

namespace {

using callsign::detail::held_wakes;
using callsign::tests::event;

/// Something that the pool runs once.
class job final : public caf::resumable {
public:
  resume_result resume(caf::execution_unit*, std::size_t) override {
    ran.happens();
    return done;
  }
  void intrusive_ptr_add_ref_impl() override {}
  void intrusive_ptr_release_impl() override {}
  event ran;
};

TEST(HeldWakes, BeginWhenTheHolderEnds) {
  caf::actor_system_config config;
  caf::actor_system system{config};
  job ana;
  job bob;
  EXPECT_FALSE(held_wakes::take(&ana)) << "nobody holds anything";

  {
    const held_wakes hold{system};
    EXPECT_TRUE(held_wakes::take(&ana));
    {
      const held_wakes inner{system};
      EXPECT_TRUE(held_wakes::take(&bob));
    }
    EXPECT_TRUE(bob.ran.has_happened());
  }

  EXPECT_TRUE(ana.ran.has_happened());
  EXPECT_FALSE(held_wakes::take(&ana));
}

TEST(HeldWakes, AreOfAFewWorkersOnly) {
  caf::actor_system_config config;
  caf::actor_system system{config};
  std::array<job, 9> all;

  {
    const held_wakes hold{system};
    for (std::size_t i = 0; i < 8; ++i)
      EXPECT_TRUE(held_wakes::take(&all[i]));
    EXPECT_FALSE(held_wakes::take(&all[8])) << "this one is woken as ever";
  }

  for (std::size_t i = 0; i < 8; ++i)
    EXPECT_TRUE(all[i].ran.has_happened());
}

} // namespace
