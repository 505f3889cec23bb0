// Tasks that throw: rules W-40 and W-41.

#include "tests/actors/scarce_memory.hpp"

#include <callsign/testkit/world.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace callsign;
using callsign::tests::scarce_memory;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

class Errors : public testing::Test, public testkit::world {
protected:
  Errors() {
    workers().on_error(
        [this](const task_error& e) { general.push_back(e.worker + ": " + e.what); });
    workers().on_warning([this](const std::string& line) { warnings.push_back(line); });
  }
  static void fail() { throw std::runtime_error("no luck"); }

  std::vector<std::string> general;
  std::vector<std::string> warnings;
};

// W-41
TEST_F(Errors, ATaskThatThrowsEndsAloneAndTheWorkerGoesOn) {
  bool ran = false;
  call("bob", [] { fail(); });
  call("bob", [&] { ran = true; });
  const auto number = workers().number_of("bob");

  run();

  EXPECT_TRUE(ran);
  EXPECT_EQ(workers().number_of("bob"), number);
  EXPECT_THAT(general, ElementsAre("bob: no luck"));
  EXPECT_EQ(workers().info(number)->failed, 1u);
  EXPECT_EQ(workers().info(number)->handled, 2u);
}

TEST_F(Errors, TheReportNamesWorkerNumberPlaceAndException) {
  task_error heard;
  workers().on_error([&](const task_error& e) { heard = e; });

  inject([] { fail(); }).to("bob");

  EXPECT_EQ(heard.worker, "bob");
  EXPECT_EQ(heard.number, workers().number_of("bob"));
  EXPECT_THAT(heard.label, StartsWith("errors_test.cpp:"));
  EXPECT_EQ(heard.what, "no luck");
  EXPECT_THROW(std::rethrow_exception(heard.exception), std::runtime_error);
}

TEST_F(Errors, AnExceptionThatIsNoStdExceptionIsReportedToo) {
  inject([] { throw 42; }).to("bob");
  EXPECT_THAT(general, ElementsAre(HasSubstr("no std::exception")));
}

// W-40
TEST_F(Errors, AreHeardByTheWorkersOwnHandlerAndByNoOther) {
  std::vector<std::string> own;
  inject([&](worker& self) {
    self.on_error([&](const task_error& e) { own.push_back(e.what); });
  }).to("bob");

  inject([] { fail(); }).to("bob");
  inject([] { fail(); }).to("ana");

  EXPECT_THAT(own, ElementsAre("no luck"));
  EXPECT_THAT(general, ElementsAre("ana: no luck"));
}

TEST_F(Errors, GoBackToTheGeneralHandlerWhenTheWorkerGivesItUp) {
  inject([](worker& self) {
    self.on_error([](const task_error&) { ADD_FAILURE() << "given up"; });
    self.on_error({});
  }).to("bob");
  inject([] { fail(); }).to("bob");
  EXPECT_THAT(general, ElementsAre("bob: no luck"));
}

TEST_F(Errors, TheWorkersOwnHandlerEndsWithTheIncarnation) {
  inject([](worker& self) {
    self.on_error([](const task_error&) { ADD_FAILURE() << "of the old incarnation"; });
    self.kill();
  }).to("bob");
  run();
  inject([] { fail(); }).to("bob");
  EXPECT_THAT(general, ElementsAre("bob: no luck"));
}

TEST_F(Errors, AHandlerMayReplaceItselfWhileItIsTold) {
  std::vector<std::string> own;
  inject([&](worker& self) {
    self.on_error([&self, &own, text = std::string(100, 'x')](const task_error&) {
      self.on_error({});
      own.push_back(text);
    });
  }).to("bob");

  inject([] { fail(); }).to("bob");

  EXPECT_THAT(own, ElementsAre(std::string(100, 'x')));
}

TEST_F(Errors, TheGeneralHandlerMayReplaceItselfWhileItIsTold) {
  std::string heard;
  workers().on_error([this, &heard, text = std::string(100, 'x')](const task_error&) {
    workers().on_error([](const task_error&) {});
    heard = text;
  });
  inject([] { fail(); }).to("bob");
  EXPECT_EQ(heard, std::string(100, 'x'));
}

TEST_F(Errors, AHandlerThatThrowsIsAWarningAndTheWorkerGoesOn) {
  inject([](worker& self) {
    self.on_error([](const task_error&) { throw std::logic_error("broken"); });
  }).to("bob");

  inject([] { fail(); }).to("bob");

  EXPECT_THAT(warnings, ElementsAre(AllOf(HasSubstr("\"bob\""), HasSubstr("no luck"))));
  EXPECT_THAT(general, IsEmpty()) << "exactly one handler is called";
  bool ran = false;
  inject([&] { ran = true; }).to("bob");
  EXPECT_TRUE(ran);
}

TEST_F(Errors, AWarningHandlerThatThrowsHarmsNobody) {
  workers().on_warning([](const std::string&) { throw std::logic_error("broken as well"); });
  inject([](worker& self) {
    self.on_error([](const task_error&) { throw std::logic_error("broken"); });
  }).to("bob");
  inject([] { fail(); }).to("bob");
  inject([] {}).to("bob");
}

TEST_F(Errors, WithoutAnyHandlerIsOneLineOnStderr) {
  workers().on_error({});
  testing::internal::CaptureStderr();
  inject([] { fail(); }).to("bob");
  EXPECT_THAT(
      testing::internal::GetCapturedStderr(),
      AllOf(HasSubstr("worker \"bob\""), HasSubstr("errors_test.cpp:"), HasSubstr("no luck\n")));
}

TEST_F(Errors, AnErrorHandlerMayCallWorkers) {
  std::vector<std::string> said;
  workers().on_error([&](const task_error& e) {
    workers().call("doctor", [&, who = e.worker] { said.push_back(who + " is ill"); });
  });
  call("bob", [] { fail(); });
  run();
  EXPECT_THAT(said, ElementsAre("bob is ill"));
}

TEST_F(Errors, AMessageSaysWhatWasTriedWhyItFailedAndWhatToDo) {
  const error e{make_error_code(errc::bad_option), "listen on \"nowhere\"", "write an IP address"};
  EXPECT_EQ(e.message(),
            "cannot listen on \"nowhere\": " + e.code.message() + "; write an IP address");
  const failure thrown{e};
  EXPECT_EQ(thrown.what(), e.message());
  EXPECT_EQ(thrown.code(), errc::bad_option);
}

TEST_F(Errors, EveryCodeHasAText) {
  for (int code = 1; code <= static_cast<int>(errc::worker_failed); ++code) {
    EXPECT_NE(error_category().message(code), "unknown error") << code;
  }
  EXPECT_EQ(error_category().message(0), "unknown error");
}

// -- a mailbox that grows -------------------------------------------------------------------------

// W-11, W-79
TEST_F(Errors, AMailboxThatGrowsAndGrowsIsAWarningNowAndThen) {
  for (int i = 0; i < 200'000; ++i)
    call("bob", [] {});
  EXPECT_THAT(warnings, ElementsAre(AllOf(HasSubstr("\"bob\""), HasSubstr(" 100000 ")),
                                    HasSubstr(" 200000 ")));
}

// -- a lack of memory -----------------------------------------------------------------------------

/// Throws when there is no memory, and leaves none until it is destroyed.
struct fails_without_memory {
  fails_without_memory() = default;
  fails_without_memory(fails_without_memory&& other) noexcept : no_luck{std::move(other.no_luck)} {}
  void operator()() {
    none.emplace();
    throw std::runtime_error{no_luck};
  }
  std::runtime_error no_luck{"no luck"};
  std::optional<scarce_memory> none;
};

// W-41
TEST_F(Errors, ThatCannotBeReportedForLackOfMemoryEndOnlyTheirTask) {
  bool ran = false;
  call("bob", fails_without_memory{});
  call("bob", [&] { ran = true; });
  const auto number = workers().number_of("bob");

  testing::internal::CaptureStderr();
  run();

  EXPECT_THAT(testing::internal::GetCapturedStderr(), HasSubstr("no memory to report"));
  EXPECT_TRUE(ran);
  EXPECT_EQ(workers().number_of("bob"), number);
  EXPECT_EQ(workers().info(number)->failed, 1u);
}

// A worker that nobody wakes would be alive and deaf for ever.
TEST_F(Errors, AWorkerThatCannotBeWokenForLackOfMemoryEndsTheProcess) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  std::vector<std::string> names;
  for (int i = 0; i < 1'000; ++i) {
    names.push_back("bob " + std::to_string(i));
    inject([] {}).to(names.back());
  }
  const auto wake_without_memory = [&] {
    // Enough for what waits in a mailbox, and not for the queue of those who are awake.
    const scarce_memory little{400};
    for (const auto& name : names)
      call(name, [] {});
  };
  EXPECT_DEATH(wake_without_memory(), "");
}

} // namespace
