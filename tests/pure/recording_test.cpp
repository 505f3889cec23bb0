// What a recording hides, and how its lines are written and frames read.

#include "net/src/rules/frame.hpp"
#include "net/src/rules/json_line.hpp"
#include "net/src/rules/redaction.hpp"
#include "net/src/rules/spoken.hpp"

#include <gtest/gtest.h>

#include <string>

namespace {

using namespace callsign::rules;
using namespace std::string_literals;

TEST(Redaction, HidesFieldsOfJsonAtAnyDepthAndKeepsEveryLength) {
  const redaction hides{.fields = {"password", "card"}};

  EXPECT_EQ(hides.text(R"({"password": "secret", "name": "ana"})"),
            R"({"password": "******", "name": "ana"})");
  EXPECT_EQ(hides.text(R"([{"a":{"card":[12, -3.5e1,"x\"y",null,{"z":true}]}}])"),
            R"([{"a":{"card":[11, 111111,"****",1111,{"z":1111}]}}])");
  EXPECT_EQ(hides.text(" {\"password\":\"é\"} "), " {\"password\":\"**\"} ");
}

TEST(Redaction, HidesAFieldWhoseNameIsSpeltWithEscapes) {
  const redaction hides{.fields = {"password"}};

  EXPECT_EQ(hides.text(R"({"passw\u006frd":"secret"})"), R"({"passw\u006frd":"******"})");
}

TEST(Redaction, HidesAllOfWhatOnlyLooksLikeJson) {
  const redaction hides{.fields = {"password"}};

  for (const auto* text : {R"({"password":"secret)", R"({"password":"secret"}})", "{password:1}",
                           R"({"password" "secret"})", "[1,]", "{\"a\":\"\\"})
    EXPECT_EQ(hides.text(text), std::string(std::string{text}.size(), '*')) << text;
  const auto deep = std::string(70, '[') + std::string(70, ']');
  EXPECT_EQ(hides.text(deep), std::string(140, '*'));
}

TEST(Redaction, LeavesWhatItIsNotToldToHide) {
  const redaction hides{.fields = {"password"}};

  EXPECT_EQ(hides.text("password: secret"), "password: secret") << "only JSON has fields";
  EXPECT_EQ(hides.text(""), "");
  EXPECT_EQ(redaction{}.text("{broken"), "{broken");
}

TEST(Redaction, HidesNothingTwice) {
  const redaction hides{.fields = {"a"}};
  const auto once = hides.text(R"({"a":["x",17,{"b":false}]})");

  EXPECT_EQ(hides.text(once), once);
}

TEST(Redaction, HidesHeadersInAnyCaseAndQueriesByName) {
  const redaction hides{.fields = {"token", "a b"}, .headers = {"Cookie"}};

  EXPECT_EQ(hides.header("cookie", "id=1"), "****");
  EXPECT_EQ(hides.header("Origin", "http://x"), "http://x");
  EXPECT_EQ(hides.header("Referer", "http://x/?token=abc"), "http://x/?token=***");
  EXPECT_EQ(hides.url("/chat?x=1&token=abc&token&a+b=2"), "/chat?x=1&token=***&token&a+b=*");
  EXPECT_EQ(hides.url("/chat?%74oken=abc"), "/chat?%74oken=***");
  EXPECT_EQ(hides.url("/chat"), "/chat");
}

TEST(Redaction, HidesEverythingIfItMust) {
  const redaction hides{.hides_messages = true};

  EXPECT_EQ(hides.text("hello"), "*****");
  EXPECT_EQ(hides.text(R"({"a":1})"), "*******");
}

TEST(JsonLine, EscapesWhatJsonDoesNotTake) {
  json_line line;
  line.add("text", "a\"b\\c\n\x7f é")
      .add("number", std::uint64_t{18'446'744'073'709'551'615U})
      .add("latin", "\xE9")
      .add("all", {"x"s, "y"s})
      .add_yes("yes")
      .add_bytes("bytes", "\x00\xff"s);

  EXPECT_EQ(std::move(line).finish(),
            R"({"text":"a\"b\\c\u000a\u007f é","number":18446744073709551615,"latin":"\u00e9",)"
            R"("all":["x","y"],"yes":true,"bytes":"00ff"})");
}

TEST(Spoken, IsReadOnceItIsComplete) {
  for (const std::size_t size : {0U, 1U, 125U, 126U, 65'535U, 65'536U}) {
    const auto frame = encode_frame(opcode::text, std::string(size, 'x'));
    const auto found = first_frame(frame + "more");

    ASSERT_TRUE(found) << size;
    EXPECT_EQ(found->what, spoken::kind::text);
    EXPECT_EQ(found->bytes.size(), size);
    EXPECT_EQ(found->on_wire, frame.size());
    for (const std::size_t cut : {std::size_t{0}, std::size_t{1}, frame.size() - 1})
      EXPECT_FALSE(first_frame(std::string_view{frame}.substr(0, cut))) << size << ' ' << cut;
  }
  EXPECT_EQ(first_frame(encode_close(4000, "enough"))->code, 4000);
  EXPECT_EQ(first_frame(encode_close(4000, "enough"))->bytes, "enough");
  EXPECT_EQ(first_frame("\x81\x80zzzz")->what, spoken::kind::nonsense);
  EXPECT_EQ(first_head("HTTP/1.1 101 X\r\nA: b\r\n\r\nrest")->on_wire, 24U);
  EXPECT_FALSE(first_head("HTTP/1.1 101 X\r\nA: b\r\n"));
}

} // namespace
