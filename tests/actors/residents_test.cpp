// What must have ended before its worker may end (servers), seen from the worker: rules W-29 and
// W-32, and what design.md section 7 says of a worker that is killed.

#include "actors/src/worker_system.hpp"

#include <callsign/testkit/world.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using namespace callsign;
using callsign::detail::end_reason;
using callsign::detail::entry_kind;
using callsign::testkit::mail;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class Residents : public testing::Test, public testkit::world {
protected:
  task say(std::string text) {
    return [this, text = std::move(text)] { said.push_back(text); };
  }

  /// Like a server: its end begins when asked, and is over when an event from outside has come.
  struct guest final : detail::resident {
    explicit guest(detail::incarnation& host) : where{&host}, address{host.port_of_this()} {}
    void end(end_reason why) override {
      asked = why;
      if (throws)
        throw std::runtime_error("cannot end");
    }
    /// The event from outside.
    bool goes() {
      return address.post(entry_kind::closed, [this] { where->moved_out(this); });
    }
    detail::incarnation* where;
    detail::port address;
    std::optional<end_reason> asked;
    bool throws = false;
  };

  std::shared_ptr<guest> move_into(std::string_view name) {
    std::shared_ptr<guest> made;
    inject([&](worker& self) {
      made = std::make_shared<guest>(self.incarnation());
      self.incarnation().move_in(made);
    }).to(name);
    return made;
  }

  worker_state state_of(std::string_view name) {
    const auto info = workers().info(workers().number_of(name));
    EXPECT_TRUE(info.has_value());
    return info ? info->state : worker_state::idle;
  }

  std::vector<std::string> said;
};

TEST_F(Residents, KeepAKilledWorkerClosingUntilTheyHaveGone) {
  const auto server = move_into("bob");

  workers().kill("bob");
  expect(mail::end).to("bob");
  EXPECT_EQ(server->asked, end_reason::killed);
  EXPECT_EQ(state_of("bob"), worker_state::closing);
  expect_silence();
  EXPECT_TRUE(server->goes());
  expect(mail::closed).to("bob");

  EXPECT_EQ(workers().number_of("bob"), 0u);
  EXPECT_FALSE(server->goes()) << "the incarnation is gone";
}

TEST_F(Residents, LetNoTaskRunWhileTheyEndAndTheNextIncarnationWait) {
  const auto server = move_into("bob");
  workers().kill("bob");
  expect(mail::end).to("bob");

  call("bob", say("next"));
  EXPECT_FALSE(server->address.post(entry_kind::received, say("message")))
      << "undelivered messages are dropped";
  expect_silence();
  server->goes();
  run();

  EXPECT_THAT(said, ElementsAre("next"));
}

TEST_F(Residents, HearTheEndsOfTheirConnectionsWhileTheyEnd) {
  const auto server = move_into("bob");
  workers().kill("bob");
  expect(mail::end).to("bob");

  EXPECT_TRUE(server->address.post(entry_kind::closed, say("on_terminate of a connection")));
  EXPECT_TRUE(server->address.post(entry_kind::closed, say("on_terminate of another")));
  server->goes();
  EXPECT_TRUE(
      server->address.post(entry_kind::requested, say("a late request is answered, not lost")));
  run();

  EXPECT_THAT(said, ElementsAre("on_terminate of a connection", "on_terminate of another",
                                "a late request is answered, not lost"));
  EXPECT_EQ(workers().number_of("bob"), 0u);
}

// W-35, inside an end's callback
TEST_F(Residents, CannotCallTheDyingWorkerFromTheirCallbacks) {
  const auto server = move_into("bob");
  workers().kill("bob");
  expect(mail::end).to("bob");
  server->address.post(entry_kind::closed, [this](worker& self) {
    EXPECT_EQ(self.call("bob", say("never")), call_result::killed_itself);
  });
  server->goes();
  run();
  EXPECT_THAT(said, IsEmpty());
}

// W-33
TEST_F(Residents, MayKillTheirWorkerFromACallback) {
  const auto server = move_into("bob");
  server->address.post(entry_kind::received, [](worker& self) { self.kill(); });
  expect(mail::received).to("bob");
  expect(mail::end).to("bob");
  EXPECT_EQ(server->asked, end_reason::killed);
  server->goes();
  run();
  EXPECT_EQ(workers().number_of("bob"), 0u);
}

TEST_F(Residents, AreToldOfAnAbortAndNotWaitedFor) {
  const auto server = move_into("bob");
  server->address.post(entry_kind::closed, say("never"));

  workers().abort("bob");
  expect(mail::end).to("bob");

  EXPECT_EQ(server->asked, end_reason::aborted);
  EXPECT_EQ(workers().number_of("bob"), 0u);
  run();
  EXPECT_THAT(said, IsEmpty());
}

TEST_F(Residents, WhoFailToEndAreReportedAndNotWaitedFor) {
  task_error heard;
  workers().on_error([&](const task_error& e) { heard = e; });
  const auto server = move_into("bob");
  const auto other = move_into("bob");
  server->throws = true;

  workers().kill("bob");
  expect(mail::end).to("bob");

  EXPECT_EQ(heard.worker, "bob");
  EXPECT_EQ(heard.what, "cannot end");
  EXPECT_EQ(other->asked, end_reason::killed) << "the others end all the same";
  other->goes();
  run();
  EXPECT_EQ(workers().number_of("bob"), 0u);
}

TEST_F(Residents, WhoMoveInWhileTheWorkerEndsAreEndedInAStepOfTheirOwn) {
  const auto server = move_into("bob");
  std::shared_ptr<guest> late;
  workers().kill("bob");
  expect(mail::end).to("bob");

  server->address.post(entry_kind::closed, [&](worker& self) {
    late = std::make_shared<guest>(self.incarnation());
    self.incarnation().move_in(late);
    EXPECT_FALSE(late->asked) << "it may still be under construction";
  });
  expect(mail::closed).to("bob");
  server->goes();
  run();
  ASSERT_TRUE(late);
  EXPECT_EQ(late->asked, end_reason::killed);
  EXPECT_EQ(state_of("bob"), worker_state::closing);
  late->goes();
  run();

  EXPECT_EQ(workers().number_of("bob"), 0u);
}

/// Makes a server when the worker's variables are destroyed.
struct founder {
  std::function<void()> what;
  founder() = default;
  founder(founder&&) = delete;
  ~founder() {
    if (what)
      what();
  }
};
constexpr process_variable<founder> FOUNDER{"FOUNDER"};

TEST_F(Residents, WhoMoveInWhileVariablesAreDestroyedEndAtOnce) {
  std::shared_ptr<guest> late;
  inject([&](worker& self) {
    self[FOUNDER].what = [&late, &host = self.incarnation()] {
      late = std::make_shared<guest>(host);
      host.move_in(late);
    };
  }).to("bob");

  workers().kill("bob");
  run();

  ASSERT_TRUE(late);
  EXPECT_EQ(late->asked, end_reason::aborted);
  EXPECT_EQ(workers().number_of("bob"), 0u);
}

TEST_F(Residents, AreToldThatTheSetEnds) {
  const auto server = move_into("bob");
  // The event from outside, as soon as somebody has been asked to end.
  struct outside final : testkit::step_source {
    explicit outside(std::shared_ptr<guest> whom) : who{std::move(whom)} {}
    std::size_t ready() const override { return who->asked && !told ? 1 : 0; }
    void run(std::size_t) override {
      told = true;
      who->goes();
    }
    std::string describe(std::size_t) const override { return "the network"; }
    std::shared_ptr<guest> who;
    bool told = false;
  } network{server};
  steps().add_source(network);

  workers().stop();

  EXPECT_EQ(server->asked, end_reason::shut_down);
  EXPECT_EQ(workers().number_of("bob"), 0u);
  steps().remove_source(network);
}

// -- ports ----------------------------------------------------------------------------------------

// W-29: callbacks and tasks take turns in one queue.
TEST_F(Residents, GetTheirEventsInOneQueueWithTheTasks) {
  const auto server = move_into("bob");
  call("bob", say("task"));
  server->address.post(entry_kind::received, say("message"));
  call("bob", say("another task"));

  expect(mail::task).to("bob");
  expect(mail::received).to("bob");
  expect(mail::task).to("bob");

  EXPECT_THAT(said, ElementsAre("task", "message", "another task"));
  workers().abort("bob");
  run();
}

TEST_F(Residents, APortNeverReachesTheNextIncarnation) {
  const auto server = move_into("bob");
  workers().abort("bob");
  run();
  inject([] {}).to("bob");

  EXPECT_FALSE(server->address.post(entry_kind::closed, say("never")));
  EXPECT_FALSE(server->address.post(entry_kind::received, say("never")));

  expect_silence();
}

TEST_F(Residents, APortTellsWhereItLeads) {
  const auto server = move_into("bob");
  EXPECT_EQ(server->address.name(), "bob");
  EXPECT_EQ(server->address.number(), workers().number_of("bob"));
  workers().abort("bob");
  run();
}

TEST_F(Residents, AnEventThatThrowsIsReportedAsATaskIs) {
  std::string heard;
  workers().on_error([&](const task_error& e) { heard = e.what; });
  const auto server = move_into("bob");
  server->address.post(entry_kind::received, [] { throw std::runtime_error("in a callback"); });
  run();
  EXPECT_EQ(heard, "in a callback");
  workers().abort("bob");
  run();
}

} // namespace
