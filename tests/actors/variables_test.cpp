// Process variables: rules W-23 and W-24, scenario T-5.

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
using testing::HasSubstr;

class Variables : public testing::Test, public testkit::world {
protected:
  std::vector<std::string> said;
};

constexpr process_variable<int> COUNT{"COUNT"};
constexpr process_variable<std::string> TEXT_COUNT{"COUNT"};

// T-5, W-23
TEST_F(Variables, AreKeptFromTaskToTask) {
  inject([](worker& self) { self[COUNT] = 7; }).to("bob");
  inject([](worker& self) { EXPECT_EQ(self[COUNT], 7); }).to("bob");
}

TEST_F(Variables, BeginAsTheirTypesDefault) {
  inject([](worker& self) { EXPECT_EQ(self[COUNT], 0); }).to("bob");
}

TEST_F(Variables, BelongToOneWorker) {
  inject([](worker& self) { self[COUNT] = 7; }).to("bob");
  inject([](worker& self) { EXPECT_EQ(self[COUNT], 0); }).to("ana");
}

// W-24
TEST_F(Variables, AreFreshInTheNextIncarnation) {
  inject([](worker& self) { self[COUNT] = 7; }).to("bob");
  workers().kill("bob");
  run();
  inject([](worker& self) { EXPECT_EQ(self[COUNT], 0); }).to("bob");
}

TEST_F(Variables, OfOneNameAndTwoTypesAreAnErrorThatNamesVariableAndWorker) {
  std::string heard;
  workers().on_error([&](const task_error& e) { heard = e.what; });
  inject([](worker& self) { self[COUNT] = 7; }).to("bob");

  inject([](worker& self) { self[TEXT_COUNT] = "seven"; }).to("bob");

  EXPECT_THAT(heard, testing::AllOf(HasSubstr("\"COUNT\""), HasSubstr("\"bob\"")));
  inject([](worker& self) { EXPECT_EQ(self[COUNT], 7); }).to("bob");
}

/// Says when it dies.
struct mourned {
  std::string name;
  std::vector<std::string>* to = nullptr;
  mourned() = default;
  mourned(mourned&&) = delete;
  ~mourned() {
    if (to != nullptr)
      to->push_back(name);
  }
};

constexpr process_variable<mourned> FIRST{"FIRST"};
constexpr process_variable<mourned> SECOND{"SECOND"};

TEST_F(Variables, AreDestroyedLastMadeFirst) {
  inject([this](worker& self) {
    self[FIRST].name = "first";
    self[FIRST].to = &said;
    self[SECOND].name = "second";
    self[SECOND].to = &said;
  }).to("bob");

  workers().kill("bob");
  run();

  EXPECT_THAT(said, ElementsAre("second", "first"));
}

/// Does something when the worker's variables are destroyed.
struct last_words {
  std::function<void()> what;
  last_words() = default;
  last_words(last_words&&) = delete;
  ~last_words() {
    if (what)
      what();
  }
};

constexpr process_variable<last_words> WILL{"WILL"};

TEST_F(Variables, MayCallOthersWhenTheyAreDestroyed) {
  inject([this](worker& self) {
    self[WILL].what = [this] { workers().call("heir", [this] { said.push_back("inherited"); }); };
  }).to("bob");

  workers().kill("bob");
  expect(mail::end).to("bob");
  expect(mail::task).to("heir");

  EXPECT_THAT(said, ElementsAre("inherited"));
}

// W-35
TEST_F(Variables, CannotCallTheirOwnWorkerWhenTheyAreDestroyed) {
  inject([this](worker& self) {
    self[WILL].what = [this] {
      EXPECT_EQ(call("bob", [this] { said.push_back("never"); }), call_result::killed_itself);
    };
  }).to("bob");

  workers().kill("bob");
  run();

  EXPECT_THAT(said, testing::IsEmpty());
  EXPECT_EQ(workers().number_of("bob"), 0u);
}

TEST_F(Variables, ThatDestructorsMakeAreDestroyedAsWell) {
  inject([this](worker& self) {
    std::ignore = self[FIRST];
    self[WILL].what = [this, &self] {
      self[SECOND].name = "made late";
      self[SECOND].to = &said;
    };
  }).to("bob");

  workers().kill("bob");
  run();

  EXPECT_THAT(said, ElementsAre("made late"));
}

// W-34: "never two at once" holds for what the worker owned, too.
TEST_F(Variables, AreGoneBeforeTheNextIncarnationBegins) {
  inject([this](worker& self) {
    self[FIRST].name = "old is gone";
    self[FIRST].to = &said;
    auto kept =
        std::shared_ptr<void>{nullptr, [this](void*) { said.push_back("handler is gone"); }};
    self.on_error([kept](const task_error&) {});
  }).to("bob");
  workers().kill("bob");
  call("bob", [this] { said.push_back("new begins"); });

  run();

  EXPECT_THAT(said, ElementsAre("old is gone", "handler is gone", "new begins"));
}

/// A variable whose making mentions another.
struct nested {
  nested() { throw std::runtime_error("cannot be made"); }
};
constexpr process_variable<nested> BROKEN{"BROKEN"};

TEST_F(Variables, ThatCannotBeMadeFailTheTaskAndNothingElse) {
  std::string heard;
  workers().on_error([&](const task_error& e) { heard = e.what; });
  inject([](worker& self) { std::ignore = self[BROKEN]; }).to("bob");
  EXPECT_EQ(heard, "cannot be made");
  inject([](worker& self) { EXPECT_EQ(self[COUNT], 0); }).to("bob");
}

} // namespace
