// Verbs about the mail of workers, and their senders, each broken on purpose.

#include "actors/src/worker_system.hpp"
#include "tests/kit/test/failures_of.hpp"

#include <callsign/testkit/world.hpp>

#include <gmock/gmock.h>

#include <string>
#include <vector>

namespace {

using callsign::worker;
using callsign::testkit::failures_of;
using callsign::testkit::mail;
using callsign::testkit::this_line;
using callsign::testkit::world;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

/// Calls worker "bob", who writes down what he is told.
class Mail : public testing::Test, public world {
protected:
  /// As worker `who` would.
  void says(std::string_view who, const std::string& what) {
    inject([this, what](worker& self) {
      self.call("bob", [this, what] { heard.push_back(what); });
    }).to(who);
  }
  static void fails(int line, const failures_of& what, const testing::Matcher<std::string>& words) {
    EXPECT_EQ(what.count(), 1) << what.text();
    EXPECT_EQ(what.line(), line);
    EXPECT_EQ(what.file(), __FILE__);
    EXPECT_THAT(what.text(), words);
  }
  std::vector<std::string> heard;
};

TEST_F(Mail, ExpectComparesTheSender) {
  says("ana", "hello");
  int line = 0;

  const failures_of what{[&] {
    line = this_line() + 1;
    expect(mail::task).from("eve").to("bob");
  }};
  fails(line, what,
        HasSubstr("expected a task from worker \"eve\" to worker \"bob\", but next "
                  "comes a task from worker \"ana\""));

  expect(mail::task).from("ana").to("bob");
  EXPECT_THAT(heard, ElementsAre("hello"));
  expect_silence();
}

TEST_F(Mail, ATaskOfNoWorkerComesFromNoWorker) {
  call("bob", [] {});
  int line = 0;

  const failures_of what{[&] {
    line = this_line() + 1;
    expect(mail::task).from("ana").to("bob");
  }};

  fails(line, what, HasSubstr("but next comes a task from no worker"));
  run();
}

TEST_F(Mail, AllowRunsWhatIsMeantAndNothingElse) {
  says("ana", "hello");

  EXPECT_FALSE(allow(mail::task).from("eve").to("bob"));
  EXPECT_FALSE(allow(mail::closed).to("bob"));
  EXPECT_FALSE(allow(mail::task).to("ana"));
  EXPECT_THAT(heard, ElementsAre());
  EXPECT_TRUE(allow(mail::task).from("ana").to("bob"));

  EXPECT_THAT(heard, ElementsAre("hello"));
  expect_silence();
}

TEST_F(Mail, DisallowComparesTheSender) {
  says("ana", "hello");
  int line = 0;

  disallow(mail::task).from("eve").to("bob");
  const failures_of what{[&] {
    line = this_line() + 1;
    disallow(mail::task).from("ana").to("bob");
  }};

  fails(line, what, HasSubstr("a task from worker \"ana\" to worker \"bob\" is not allowed here"));
  run();
}

TEST_F(Mail, PreponeLetsALaterSenderBeQuicker) {
  says("ana", "a1");
  says("ana", "a2");
  says("eve", "e1");

  prepone(mail::task).from("eve").to("bob");
  run();

  EXPECT_THAT(heard, ElementsAre("e1", "a1", "a2"));
}

TEST_F(Mail, PreponeWorksInTheMiddleOfAMailbox) {
  says("ana", "a1");
  says("ana", "a2");
  expect(mail::task).from("ana").to("bob");
  says("eve", "e1");

  prepone(mail::task).from("eve").to("bob");
  expect(mail::task).from("eve").to("bob");
  says("eve", "e2");
  expect(mail::task).from("ana").to("bob");

  run();
  EXPECT_THAT(heard, ElementsAre("a1", "e1", "a2", "e2"));
}

TEST_F(Mail, PreponeFailsWhenThereIsNothingToPrepone) {
  says("ana", "hello");
  int line = 0;

  const failures_of what{[&] {
    line = this_line() + 1;
    prepone(mail::task).from("eve").to("bob");
  }};

  fails(line, what,
        AllOf(HasSubstr("there is not a task from worker \"eve\" to worker \"bob\""),
              HasSubstr("worker \"bob\": task")));
  run();
}

TEST_F(Mail, PreponeFailsWhereAnEndWasAskedForBefore) {
  says("ana", "hello");
  says("eve", "hello");
  expect(mail::task).from("ana").to("bob");
  workers().kill("bob");
  int line = 0;

  const failures_of what{[&] {
    line = this_line() + 1;
    prepone(mail::task).to("bob");
  }};

  fails(line, what, HasSubstr("it would overtake the end that was asked for"));
  run();
}

TEST_F(Mail, PreponeFailsWhereASenderWouldOvertakeItself) {
  const auto number = [this] {
    call("bob", [] {});
    run();
    return workers().number_of("bob");
  }();
  ASSERT_TRUE(workers().system().post_event(
      workers().system().names().find("bob"), number,
      {.kind = callsign::detail::entry_kind::opened, .where = {}, .run = callsign::task{[] {}}}));
  call("bob", [] {});
  int line = 0;

  const failures_of what{[&] {
    line = this_line() + 1;
    prepone(mail::task).to("bob");
  }};

  fails(line, what,
        AllOf(HasSubstr("a task to worker \"bob\" cannot come first"),
              HasSubstr("it would overtake the opened"), HasSubstr("which has the same sender")));
  run();
}

TEST_F(Mail, PreponeKnowsWhoWasKilledSince) {
  inject([](worker& self) {
    self.call("bob", [] {});
    self.kill();
  }).to("ana");
  expect(mail::end).to("ana");

  expect(mail::task).from("ana").to("bob");

  expect_silence();
}

} // namespace
