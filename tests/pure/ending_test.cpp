// What a handler is told about the end of its connection: section 3.5 of the 4D rules, row by row.

#include "net/src/rules/ending.hpp"

#include <gtest/gtest.h>

#include <string>

namespace {

using namespace callsign;
using namespace callsign::rules;
using door::end_cause;

struct row {
  const char* situation;
  our_part part;
  close_code our_code;
  std::string our_reason;
  door::end_facts facts;
  bool past_deadline;
  close_code code;
  std::optional<std::string> reason; ///< "*": some sentence
  std::optional<errc> error;
  counter why;
};

class Ending : public testing::TestWithParam<row> {};

const door::end_facts closed_1000{end_cause::closed, 1000, {}};
const door::end_facts lost{end_cause::line_lost, 0, {}};
const door::end_facts dropped{end_cause::dropped, 0, {}};

INSTANTIATE_TEST_SUITE_P(
    Table35, Ending,
    testing::Values(row{"client closes normally",
                        our_part::none,
                        0,
                        "",
                        closed_1000,
                        false,
                        1000,
                        "closed normally",
                        {},
                        counter::closed_by_client},
                    row{"the same with a reason",
                        our_part::none,
                        0,
                        "",
                        {end_cause::closed, 1000, "good night"},
                        false,
                        1000,
                        "good night",
                        {},
                        counter::closed_by_client},
                    row{"server terminates",
                        our_part::server_ended,
                        1000,
                        "",
                        closed_1000,
                        false,
                        1000,
                        "closed normally",
                        {},
                        counter::closed_by_server},
                    row{"page left",
                        our_part::none,
                        0,
                        "",
                        {end_cause::closed, 1001, {}},
                        false,
                        1001,
                        "*",
                        errc::going_away,
                        counter::closed_by_client},
                    row{"line lost", our_part::none, 0, "", lost, false, 1006, "*", errc::line_lost,
                        counter::closed_line_lost},
                    row{"line cut by us", our_part::none, 0, "", dropped, false, 1006, "*",
                        errc::line_lost, counter::closed_line_lost},
                    row{"peer closes without code",
                        our_part::none,
                        0,
                        "",
                        {end_cause::closed, 0, {}},
                        false,
                        1005,
                        {},
                        {},
                        counter::closed_by_client},
                    row{"peer closes with its own code",
                        our_part::none,
                        0,
                        "",
                        {end_cause::closed, 4711, "mine"},
                        false,
                        4711,
                        "mine",
                        {},
                        counter::closed_by_client},
                    row{"its own code, no reason",
                        our_part::none,
                        0,
                        "",
                        {end_cause::closed, 4711, {}},
                        false,
                        4711,
                        {},
                        {},
                        counter::closed_by_client},
                    row{"protocol error",
                        our_part::none,
                        0,
                        "",
                        {end_cause::protocol_error, 0, {}},
                        false,
                        1002,
                        "*",
                        errc::protocol_error,
                        counter::closed_protocol_error},
                    row{"bad UTF-8",
                        our_part::none,
                        0,
                        "",
                        {end_cause::invalid_utf8, 0, {}},
                        false,
                        1007,
                        "*",
                        errc::invalid_utf8,
                        counter::closed_invalid_utf8},
                    row{"too big",
                        our_part::none,
                        0,
                        "",
                        {end_cause::message_too_big, 0, {}},
                        false,
                        1009,
                        "*",
                        errc::message_too_big,
                        counter::closed_message_too_big},
                    row{"too many fragments",
                        our_part::none,
                        0,
                        "",
                        {end_cause::too_many_fragments, 0, {}},
                        false,
                        1009,
                        "*",
                        errc::message_too_big,
                        counter::closed_too_many_fragments},
                    row{"message late",
                        our_part::none,
                        0,
                        "",
                        {end_cause::message_late, 0, {}},
                        false,
                        1008,
                        "*",
                        errc::message_too_slow,
                        counter::closed_message_late},
                    row{"heartbeat lost", our_part::heartbeat_lost, 0, "", dropped, false, 1006,
                        "*", errc::heartbeat_lost, counter::closed_heartbeat},
                    row{"overflow",
                        our_part::overflow,
                        1013,
                        "",
                        {end_cause::closed, 1013, {}},
                        false,
                        1013,
                        "*",
                        errc::client_too_slow,
                        counter::closed_overflow},
                    row{"overflow, and no answer", our_part::overflow, 1013, "", dropped, true,
                        1013, "*", errc::client_too_slow, counter::closed_overflow},
                    row{"budget",
                        our_part::budget,
                        1013,
                        "",
                        {end_cause::closed, 1013, {}},
                        false,
                        1013,
                        "*",
                        errc::budget_exhausted,
                        counter::closed_budget},
                    row{"terminate with code and reason",
                        our_part::terminated,
                        4001,
                        "enough",
                        {end_cause::closed, 4001, {}},
                        false,
                        4001,
                        "enough",
                        {},
                        counter::closed_by_server},
                    row{"terminate without a code",
                        our_part::terminated,
                        0,
                        "",
                        {end_cause::closed, 0, {}},
                        false,
                        1005,
                        {},
                        {},
                        counter::closed_by_server},
                    row{"both close at once",
                        our_part::terminated,
                        4001,
                        "enough",
                        {end_cause::closed, 1001, "away"},
                        false,
                        4001,
                        "enough",
                        {},
                        counter::closed_by_server},
                    row{"our close is not answered", our_part::server_ended, 1000, "", dropped,
                        true, 1006, "*", errc::line_lost, counter::closed_close_deadline},
                    row{"the line is lost after our close", our_part::server_ended, 1000, "", lost,
                        false, 1006, "*", errc::line_lost, counter::closed_line_lost}),
    [](const auto& one) {
      std::string name = one.param.situation;
      for (auto& c : name)
        if (std::isalnum(static_cast<unsigned char>(c)) == 0)
          c = '_';
      return name;
    });

TEST_P(Ending, IsToldAsTheTableSays) {
  const auto& given = GetParam();

  const auto told = end_of_connection(given.part, given.our_code, given.our_reason, given.facts,
                                      given.past_deadline);

  EXPECT_EQ(told.how.code, given.code);
  EXPECT_EQ(told.how.reason.has_value(), given.reason.has_value());
  if (given.reason && *given.reason != "*") {
    EXPECT_EQ(told.how.reason, given.reason);
  }
  EXPECT_EQ(told.why, given.why);
  ASSERT_EQ(told.error.has_value(), given.error.has_value());
  if (given.error) {
    // C-20: the error's number is the close code, its component HTTP, and it is fatal.
    EXPECT_TRUE(told.error->is_fatal);
    EXPECT_EQ(told.error->errors.front().code, given.code);
    EXPECT_EQ(told.error->errors.front().component, "HTTP");
    EXPECT_EQ(told.error->errors.front().why, make_error_code(*given.error));
    EXPECT_FALSE(told.error->status_text().empty());
  }
}

} // namespace
