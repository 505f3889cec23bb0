// What becomes of a line when there is no memory for its next step.

#include "tests/net/line_fixture.hpp"
#include "tests/net/no_memory.hpp"

namespace {

using namespace callsign;
using namespace callsign::test;

/// Grants what is asked for, and leaves no memory for what comes next.
class poor_desk final : public door::front_desk {
public:
  explicit poor_desk(std::shared_ptr<stub_desk> real) : real_{std::move(real)} {}
  door::upgrade_answer upgrade_asked(door::session& from, request&& asked,
                                     door::io_thread& here) override {
    auto said = real_->upgrade_asked(from, std::move(asked), here);
    let_next_allocation_fail();
    return said;
  }

private:
  std::shared_ptr<stub_desk> real_;
};

TEST_F(Line, ThatCannotBeginForWantOfMemoryEnds) {
  start({}, 1);
  desk->is_slow = true;
  std::vector<error> errors;
  service = sockets->listen({.port = 0, .addresses = {"127.0.0.1"}},
                            std::make_shared<poor_desk>(desk), errors);
  ASSERT_NE(service, nullptr);
  raw_client ana{port()};

  ana.send(good_handshake("/ws"));

  EXPECT_EQ(end_of().cause, door::end_cause::dropped);
  EXPECT_TRUE(ana.is_closed());
  ASSERT_TRUE(notes.wait([&] { return !log.empty(); }));
  EXPECT_THAT(log[0], testing::HasSubstr("bad_alloc"));
}

} // namespace
