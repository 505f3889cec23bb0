// What a start that fails looks like from outside. The workers are real; nothing listens.

#include "app/program/launch.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>
#include <system_error>

namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;

class Launch : public testing::Test {
protected:
  program::log_book log_{callsign::log_level::error, "/dev/null"};
  callsign::workers workers_{{.interrupts = callsign::signals::left_alone}};
  callsign::web_server web_{workers_, {.port = 0, .addresses = {"127.0.0.1"}}, {.io_threads = 1}};
  program::launch launch_{workers_, web_, log_};
};

TEST_F(Launch, ATaskThatFailsBeforeTheProgramIsUpEndsItWithOne) {
  testing::internal::CaptureStderr();
  workers_.call("WebSocketServer", [] { throw std::runtime_error{"the path is taken"}; });

  workers_.wait_for_interrupt();

  EXPECT_EQ(launch_.exit_code(), 1);
  EXPECT_THAT(testing::internal::GetCapturedStderr(),
              HasSubstr("The start failed: the path is taken."));
}

TEST_F(Launch, ATaskThatFailsLaterEndsNothing) {
  testing::internal::CaptureStderr();
  workers_.call("somebody", [this](callsign::worker& self) {
    self.call(callsign::main_worker, [this] { launch_.succeeded(); });
    self.call("somebody", [] { throw std::runtime_error{"a slip"}; });
    self.call("somebody", [this](callsign::worker& again) {
      again.call(callsign::main_worker, [this] { workers_.interrupt(); });
    });
  });

  workers_.wait_for_interrupt();

  EXPECT_EQ(launch_.exit_code(), 0);
  EXPECT_THAT(testing::internal::GetCapturedStderr(), IsEmpty());
}

TEST_F(Launch, AnInterruptBeforeTheProgramIsUpIsNoFailure) {
  workers_.interrupt();
  workers_.wait_for_interrupt();

  EXPECT_EQ(launch_.exit_code(), 0);
}

TEST_F(Launch, EachAddressThatCouldNotBeTakenIsNamedWithAdvice) {
  const callsign::start_result result{
      .success = false,
      .errors = {
          {std::make_error_code(std::errc::address_in_use), "listen on 127.0.0.1 port 8080", ""},
          {std::make_error_code(std::errc::address_not_available), "listen on 192.0.2.1 port 8080",
           ""},
          {std::make_error_code(std::errc::permission_denied), "listen on ::1 port 80", ""},
          {std::make_error_code(std::errc::io_error), "look", "look again"}}};

  testing::internal::CaptureStderr();
  EXPECT_EQ(launch_.failed(result), 1);

  EXPECT_THAT(testing::internal::GetCapturedStderr(),
              AllOf(HasSubstr("127.0.0.1 port 8080"), HasSubstr("--port (0 takes a free one)"),
                    HasSubstr("192.0.2.1 port 8080"), HasSubstr("--address"),
                    HasSubstr("::1 port 80"), HasSubstr("above 1023"), HasSubstr("look again")));
}

} // namespace
