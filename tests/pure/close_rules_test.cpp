// Close codes: what may be sent (rule C-15), received (RFC 6455 section 7.4), and what they mean
// (C-19).

#include "net/src/rules/close_rules.hpp"

#include <gtest/gtest.h>

#include <set>

namespace {

using namespace callsign;
using namespace callsign::rules;

TEST(CloseRules, TheWidenedSetIsExactlyTheDocumentedOne) {
  const std::set<int> below{1000, 1001, 1008, 1011, 1012, 1013};
  for (int code = -10; code < 6000; ++code)
    EXPECT_EQ(may_send(code, close_codes::widened),
              below.contains(code) || (code >= 3000 && code <= 4999))
        << code;
  EXPECT_FALSE(may_send(65536 + 1000, close_codes::widened));
}

TEST(CloseRules, TheStrictSetIsEverythingAbove3000) {
  for (int code = -10; code < 6000; ++code)
    EXPECT_EQ(may_send(code, close_codes::strict), code > 3000 && code <= 4999) << code;
}

TEST(CloseRules, AClientMayNotSendWhatNeverTravels) {
  for (const int code : {0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535})
    EXPECT_FALSE(may_receive(static_cast<close_code>(code))) << code;
  for (const int code : {1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014,
                         3000, 3999, 4000, 4999})
    EXPECT_TRUE(may_receive(static_cast<close_code>(code))) << code;
}

TEST(CloseRules, StandardCodesHaveASentenceAndOthersNone) {
  EXPECT_EQ(standard_reason(1000), "closed normally");
  EXPECT_TRUE(standard_reason(1001));
  EXPECT_TRUE(standard_reason(1006));
  EXPECT_FALSE(standard_reason(1005));
  EXPECT_FALSE(standard_reason(4000));
}

} // namespace
