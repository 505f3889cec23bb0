// Messages as JSON values: sections 2.7 and 3.2, scenario T-20, with callsign/native/json.hpp.

#include "tests/app/story_cast.hpp"

#include <callsign/native/json.hpp>

namespace {

using namespace stories;
namespace json = boost::json;

class Objects : public PlacedStory {
protected:
  Objects() { how.type = data_type::object; }
};
INSTANTIATE_TEST_SUITE_P(Placed, Objects, both_placements(), name_of_placement);

// T-20, C-5
TEST_P(Objects, AnObjectIsDeliveredAndAnObjectIsSent) {
  guests.hears = [](websocket_connection& ws, const message& heard) {
    const auto value = native::json_of(heard);
    const auto& said = value.as_object();
    EXPECT_EQ(said.at("name").as_string(), "café");
    ws.send(native::message_of(
        {{"name", "Server"}, {"heard", said.at("n").as_int64() + 1}, {"all", {1, true, nullptr}}}));
  };
  opens_house();
  auto ana = joins();

  ana.says(R"({"name": "caf\u00e9", "n": 41})");
  ana.hears(R"({"name":"Server","heard":42,"all":[1,true,null]})");
  ana.says_binary(R"({"name":"café","n":1})");
  ana.hears(R"({"name":"Server","heard":2,"all":[1,true,null]})");
  all_is_quiet();
}

// T-20: bad JSON is told to on_error, nothing is delivered, and the connection stays open.
TEST_P(Objects, BadJsonIsAnErrorAndTheNextObjectIsDelivered) {
  guests.hears = [](websocket_connection& ws, const message& heard) {
    ws.send(native::message_of(native::json_of(heard)));
  };
  opens_house();
  auto ana = joins();
  notes.takes();

  ana.says(R"({"a": 1)");
  ana.says(R"({ "a" : 1 })");

  EXPECT_THAT(notes.takes(),
              ElementsAre(testing::MatchesRegex("c0 error [0-9]+ callsign"), HasSubstr("message")));
  ana.hears(R"({"a":1})");
  all_is_quiet();
}

// 2.7: a value that is no object is delivered as it is; and whatever is delivered can be read.
TEST_P(Objects, WhateverIsDeliveredIsAValue) {
  json::value last;
  int heard_in_all = 0;
  guests.hears = [&](websocket_connection&, const message& heard) {
    EXPECT_NO_THROW(last = native::json_of(heard)) << heard.text();
    ++heard_in_all;
  };
  opens_house();
  auto ana = joins();

  ana.says(" [1, 2] \n");
  EXPECT_EQ(last, (json::array{1, 2}));
  ana.says("42");
  EXPECT_EQ(last, 42);
  ana.says("null");
  EXPECT_TRUE(last.is_null());
  ana.says(R"("text")");
  EXPECT_EQ(last, "text");
  ana.says(R"({"a":1,"a":2})");
  EXPECT_EQ(last.at("a"), 2);
  for (const std::string odd :
       {"1e999", "-0", "123456789012345678901234567890", "\"\\ud83d\\ude00\"", "\"\\u0000\""})
    ana.says(odd);
  ana.says(std::string(32, '[') + std::string(32, ']'));
  EXPECT_TRUE(last.is_array());

  EXPECT_EQ(heard_in_all, 11);
  ana.says(std::string(33, '[') + std::string(33, ']'));
  EXPECT_EQ(heard_in_all, 11) << "too deep for both";
  EXPECT_EQ(counters()[counter::messages_dropped_json], 1u);
  all_is_quiet();
}

// 3.2, X-3: an object may be sent and broadcast whatever the data type is; it is a text frame.
TEST_P(Objects, AnObjectMayBeSentWhateverTheDataTypeIs) {
  guests.hears = [](websocket_connection& ws, const message&) {
    ws.send(native::message_of({{"to", "you"}}));
    ws.server().broadcast(native::message_of({{"to", "all"}}));
  };
  for (const auto type : {data_type::text, data_type::blob, data_type::as_received}) {
    how.type = type;
    opens_house();
    auto ana = joins();

    ana.says("go");

    ana.hears(R"({"to":"you"})");
    ana.hears(R"({"to":"all"})");
    clears("/chat");
    ana.is_told_goodbye(1000);
  }
  all_is_quiet();
}

TEST(JsonMessages, WhatIsNoJsonThrows) {
  EXPECT_THROW((void)native::json_of("{bad json"), boost::system::system_error);
  EXPECT_THROW((void)native::json_of(""), boost::system::system_error);
  EXPECT_THROW((void)native::json_of(std::string(33, '[') + std::string(33, ']')),
               boost::system::system_error);
}

TEST(JsonMessages, AValueComesBackAsItWas) {
  const json::value value{{"text", "\"quoted\" \u2713"}, {"n", -3}, {"f", 0.5}, {"list", {{}, 1}}};

  const auto sent = native::message_of(value);

  EXPECT_TRUE(sent.is_text());
  EXPECT_EQ(native::json_of(sent), value);
  EXPECT_EQ(native::json_of(message::binary("[7]")), (json::array{7}));
}

} // namespace
