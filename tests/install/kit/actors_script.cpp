// The stranger's scripts about CAF actors.

#include <callsign/testkit/native/actor_world.hpp>

namespace {

class Actors : public testing::Test, public callsign::testkit::native::actor_world {};

caf::behavior doubling(caf::event_based_actor*, int* sum) {
  return {[sum](int n) { *sum += 2 * n; }};
}

TEST_F(Actors, TakePart) {
  int sum = 0;
  const auto bob = spawn(doubling, &sum);

  inject<int>(2).to(bob);
  call("ana", [&bob] { caf::anon_send(bob, 3); });
  expect(callsign::testkit::mail::task).to("ana");
  expect<int>(3).to(bob);

  EXPECT_EQ(sum, 10);
  expect_silence();
}

} // namespace
