// The end of the whole set, step by step: rules W-38 and W-81, design.md section 7.

#include "actors/src/worker_system.hpp"

#include <callsign/testkit/world.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using namespace callsign;
using callsign::testkit::mail;
using testing::ElementsAre;
using testing::IsEmpty;

class Stop : public testing::Test, public testkit::world {
protected:
  task say(std::string text) {
    return [this, text = std::move(text)] { said.push_back(text); };
  }
  std::vector<std::string> said;
};

// W-81
TEST_F(Stop, CallsAfterItAreDroppedCountedAndTheCallerIsTold) {
  inject([] {}).to("bob");
  workers().stop();

  EXPECT_EQ(call("bob", say("late")), call_result::shutting_down);
  EXPECT_EQ(call("a new name", say("late")), call_result::shutting_down);
  EXPECT_EQ(workers().call(main_worker, say("late")), call_result::shutting_down);
  EXPECT_NO_THROW(workers().hire("hired late", runs_on::own_thread));

  EXPECT_EQ(workers().dropped_at_shutdown(), 3u);
  EXPECT_THAT(workers().list(), IsEmpty());
  run();
  EXPECT_THAT(said, IsEmpty());
}

// W-38: without `wait_for_interrupt` the main worker's tasks wait, and are dropped and counted at
// the end.
TEST_F(Stop, DropsAndCountsWhatStillWaits) {
  call("bob", say("dropped"));
  call("ana", say("dropped"));
  workers().call(main_worker, say("dropped"));

  workers().stop();

  EXPECT_THAT(said, IsEmpty());
  EXPECT_EQ(workers().dropped_at_shutdown(), 3u);
}

TEST_F(Stop, DestroysWhatWorkersKept) {
  static constexpr process_variable<std::shared_ptr<int>> KEPT{"KEPT"};
  std::weak_ptr<int> watched;
  inject([&](worker& self) {
    self[KEPT] = std::make_shared<int>(1);
    watched = self[KEPT];
  }).to("bob");

  workers().stop();

  EXPECT_TRUE(watched.expired());
}

TEST_F(Stop, TwiceIsOnce) {
  workers().stop();
  EXPECT_NO_THROW(workers().stop());
}

TEST_F(Stop, InsideAWorkerIsAnError) {
  bool refused = false;
  inject([&](worker& self) {
    EXPECT_THROW(self.set().stop(), std::logic_error);
    EXPECT_THROW(self.set().wait_for_interrupt(), std::logic_error);
    refused = true;
  }).to("bob");
  EXPECT_TRUE(refused);
  EXPECT_EQ(call("bob", [] {}), call_result::queued) << "nothing has ended";
  run();
}

TEST_F(Stop, OfAnotherSetInsideAWorkerIsAllowed) {
  bool done = false;
  inject([&] {
    testkit::world other;
    other.call("eve", [] {});
    other.workers().stop();
    done = true;
  }).to("bob");
  EXPECT_TRUE(done);
}

// A worker made by a task or a destructor while the set ends would never be waited for, or for
// ever.
TEST_F(Stop, NoWorkerBeginsWhileTheSetEnds) {
  struct last_words {
    std::function<void()> what;
    last_words() = default;
    last_words(last_words&&) = delete;
    ~last_words() {
      if (what)
        what();
    }
  };
  static constexpr process_variable<last_words> WILL{"WILL"};
  inject([this](worker& self) {
    self[WILL].what = [this] {
      EXPECT_EQ(call("heir", say("never")), call_result::shutting_down);
      EXPECT_EQ(call("main", say("never")), call_result::shutting_down);
    };
  }).to("bob");

  workers().stop();

  EXPECT_THAT(said, IsEmpty());
  EXPECT_EQ(workers().dropped_at_shutdown(), 2u);
}

TEST_F(Stop, AWorkerThatIsBeingRevivedEndsToo) {
  inject([] {}).to("bob");
  workers().kill("bob");
  call("bob", say("dropped"));
  workers().stop();
  EXPECT_THAT(said, IsEmpty());
}

TEST_F(Stop, AWorkerThatAlwaysCallsItselfEndsToo) {
  struct again {
    void operator()(worker& self) const { self.call(self.name(), again{}); }
  };
  call("bob", again{});
  workers().stop();
  EXPECT_EQ(workers().number_of("bob"), 0u);
}

TEST_F(Stop, AnInterruptEndsTheWait) {
  call("bob", [](worker& self) { self.set().interrupt(); });
  workers().wait_for_interrupt();
  EXPECT_EQ(call("bob", say("late")), call_result::shutting_down);
}

TEST_F(Stop, AnInterruptBeforeTheWaitIsNotLost) {
  workers().interrupt();
  workers().wait_for_interrupt();
  EXPECT_THAT(workers().list(), IsEmpty());
}

TEST_F(Stop, TheWaitRunsTheMainWorker) {
  workers().call(main_worker, say("one"));
  workers().call(main_worker, [this](worker& self) {
    said.push_back("two");
    self.set().interrupt();
  });
  workers().wait_for_interrupt();
  EXPECT_THAT(said, ElementsAre("one", "two"));
}

// -- a network beside the workers -----------------------------------------------------------------

class network final : public detail::shutdown_participant {
public:
  network(testkit::world& in, std::vector<std::string>& to) : world_{in}, said_{to} {
    system().add(*this);
  }
  ~network() override { system().remove(*this); }
  detail::worker_system& system() { return world_.workers().system(); }
  void stop_listening() override {
    said_.push_back("stops listening, bob is " + state());
    if (removes_itself)
      system().remove(*this);
  }
  bool stop_network(std::chrono::steady_clock::time_point) override {
    said_.push_back("ends, bob is " + state());
    return true;
  }
  bool removes_itself = false;

private:
  std::string state() { return world_.workers().number_of("bob") == 0 ? "gone" : "there"; }
  testkit::world& world_;
  std::vector<std::string>& said_;
};

TEST_F(Stop, ListenersFirstThenWorkersThenTheNetwork) {
  inject([] {}).to("bob");
  network net{*this, said};

  workers().stop();

  EXPECT_THAT(said, ElementsAre("stops listening, bob is there", "ends, bob is gone"));
}

TEST_F(Stop, ANetworkMayLeaveWhenItIsTold) {
  inject([] {}).to("bob");
  network net{*this, said};
  net.removes_itself = true;

  workers().stop();

  EXPECT_THAT(said, ElementsAre("stops listening, bob is there"));
}

TEST_F(Stop, NoNetworkIsMadeWhileTheSetEnds) {
  workers().stop();
  try {
    const network late{*this, said};
    FAIL() << "made";
  } catch (const failure& e) {
    EXPECT_EQ(e.code(), errc::shutting_down);
  }
}

} // namespace
