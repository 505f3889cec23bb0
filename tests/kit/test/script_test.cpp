// Scripts at the two altitudes in memory: what is not as written fails at the script's line.

#include "tests/kit/test/failures_of.hpp"

#include <callsign/testkit/script.hpp>

#include <gmock/gmock.h>

#include <fstream>
#include <memory>
#include <string>

namespace {

using namespace callsign;
using namespace callsign::testkit;
using testing::AllOf;
using testing::HasSubstr;

/// Says everything to everybody, and does as it is told: "goodbye", "throw".
class member final : public connection_handler {
public:
  void on_open(websocket_connection& ws) override { ws.send("welcome"); }
  void on_message(websocket_connection& ws, const message& heard) override {
    if (heard.text() == "goodbye")
      return ws.terminate(4000, "as you like it");
    throws_ = throws_ || heard.text() == "throw";
    if (throws_)
      throw std::runtime_error("as you like it");
    ws.server().broadcast(heard);
  }
  void on_error(websocket_connection&, const error_event&) override {
    if (throws_)
      throw std::runtime_error("and again");
  }

private:
  bool throws_ = false;
};

class doorman final : public server_handler {
public:
  admission on_connection(websocket_server&, const request& asked) override {
    if (asked.remote_address == "10.0.0.7" || asked.headers.find("X-Mood") == "bad")
      return refuse(403, "not you");
    return std::make_unique<member>();
  }
};

const server_options options{.path = "/talk", .type = data_type::as_received};

application talk() {
  return {.url = "/talk",
          .handler = [] { return std::make_shared<doorman>(); },
          .options = options,
          .starts = [](workers& all, network& io) -> std::shared_ptr<void> {
            auto web = std::make_shared<web_server>(io, web_server_options{.port = 8080});
            EXPECT_TRUE(web->start());
            all.call("talk", [ref = web->ref()](worker& self) {
              static constexpr process_variable<websocket_server> WSS{"WSS"};
              self[WSS] = websocket_server{self, ref, std::make_unique<doorman>(), options};
            });
            return web;
          }};
}

class InMemory : public testing::TestWithParam<altitude> {
protected:
  static std::optional<script_failure> play(const std::string& text) {
    return script::parse(text, "talk.script").play(talk(), {.at = GetParam(), .seeds = 3});
  }
  static void passes(const std::string& text) {
    const auto wrong = play(text);
    EXPECT_FALSE(wrong) << wrong->in_words();
  }
  static void fails(const std::string& text, std::size_t line,
                    const testing::Matcher<std::string>& words) {
    const auto wrong = play(text);
    ASSERT_TRUE(wrong) << "it goes as written:\n" << text;
    EXPECT_EQ(wrong->line, line) << wrong->in_words();
    EXPECT_THAT(wrong->in_words(),
                AllOf(HasSubstr("talk.script:" + std::to_string(line) + ": "), words));
  }
};
INSTANTIATE_TEST_SUITE_P(Script, InMemory, testing::Values(altitude::actors, altitude::program),
                         [](const auto& of) {
                           return of.param == altitude::actors ? "Actors" : "Program";
                         });

TEST_P(InMemory, EverythingThatClientsDo) {
  passes(R"(
let welcome = "welcome"
let who = "bob"
ana joins
bob joins /talk with "X-Mood: good" speaking nothing
ana <- $welcome
bob <- "${welcome}"
ana -> "I am \"ana\", \u{E9}\t\$5" <00 ff> {"to": "bob", "id": 5}
bob <- "I am \"ana\", é	$5" <00 ff> {"to": "bob"}
ana <- "I am \"ana\", é	$5" <00ff> {"id": *}
ana begins "in "
ana pings
ana hears a pong
ana -> "parts, ${who}"
bob <- "in parts, bob"
ana <- "in parts, bob"
eve joins with "X-Mood: bad"
eve is refused 403
guest joins /nowhere
guest is refused 404
at once
  ana -> "1"
  bob -> "2"
end
ana <- any order "2" "1"
bob <- any order "1" "2"
bob stops reading
ana -> "3"
ana <- "3"
bob hears nothing
bob reads again
bob <- "3"
bob -> "goodbye"
bob is told goodbye 4000 "as you like it"
pass 500ms
ana breaks the protocol
ana is told goodbye 1002
dora joins
dora <- "welcome"
dora leaves 1001 "home"
dora joins
dora <- "welcome"
dora vanishes
pass 1min
quiet
)");
}

TEST_P(InMemory, ThingsThatOnlyAProgramInMemoryDoes) {
  passes(R"(
only at actors, program
ana joins from 10.0.0.7
ana is refused 403
bob joins
bob <- "welcome"
bob -> "throw"
report "and again"
eve joins
eve <- "welcome"
eve reads slowly 4
eve -> "hello"
eve hears nothing
pass 2s
eve <- "hello"
bob <- "hello"
bob ignores goodbyes
kill somebody
abort "somebody else"
bob falls silent
pass 1min
report "and again"
quiet
)");
}

TEST_P(InMemory, HearsAnythingForgetsWhatWasHeardAndNothingElse) {
  const std::string begin = "ana joins\nana -> \"a\"\n";
  passes(begin + "ana hears anything\nquiet");
  fails(begin + "ana hears anything\nana -> \"b\"\nquiet", 5,
        HasSubstr("it is not quiet: ana hears \"b\""));
}

TEST_P(InMemory, EachLineThatIsNotTrueFails) {
  const std::string begin = "ana joins\nana <- \"welcome\"\n";
  fails("ana joins\nana <- \"hello\"", 2,
        AllOf(HasSubstr("ana should hear \"hello\", but hears \"welcome\""),
              HasSubstr("joins /talk")));
  fails(begin + "ana <- \"hello\"", 3, HasSubstr("but it hears nothing"));
  fails("ana joins\n\nana hears nothing", 3, HasSubstr("should hear nothing, but hears"));
  fails("ana joins\nana <- <01>", 2, HasSubstr("should hear <01>, but hears"));
  fails("ana joins\nana <- {\"a\": 1}", 2, HasSubstr("should hear JSON with {\"a\": 1}, but"));
  fails("ana joins\nana <- any order \"a\" \"b\"", 2, HasSubstr("in any order, \"a\", \"b\""));
  fails("ana joins\nana is refused 403", 2, HasSubstr("should be refused with HTTP 403"));
  fails("ana joins\nana finds nobody", 2, HasSubstr("should find nobody"));
  fails(begin + "ana is told goodbye 1000", 3, HasSubstr("should hear goodbye 1000"));
  fails(begin + "promises are kept", 3, HasSubstr("no promise was watched"));
  fails("watch promises greeting \"hello\"\n" + begin + "promises are kept", 4,
        HasSubstr("a promise is broken: ana hears \"welcome\" before its greeting"));
  fails(begin + "ana hears a pong", 3, HasSubstr("should hear a pong, but it hears nothing"));
  fails(begin + "ana is cut off", 3, HasSubstr("should hear the line is cut"));
  fails(begin + "ana -> \"hello\"\nquiet", 4, HasSubstr("it is not quiet: ana hears \"hello\""));
  fails(begin + "report \"trouble\"", 3, HasSubstr("should be reported, but none is"));
  fails(begin + "ana -> \"throw\"\n", 3,
        AllOf(HasSubstr("behind the last line"), HasSubstr("and again")));
}

// -- a program that does not come to rest ---------------------------------------------------------

/// A worker that never has enough.
struct again {
  void operator()(worker& self) const { self.call(self.name(), again{}); }
};

/// Never rests behind a message, a request or an end of who is restless, the end of its worker, and
/// after ten seconds.
class restless_member final : public connection_handler {
public:
  restless_member(workers& all, bool is_restless) : all_{all}, is_restless_{is_restless} {}
  void on_message(websocket_connection&, const message&) override {
    all_.call("restless", again{});
  }
  void on_terminate(websocket_connection&, const termination&) override {
    if (is_restless_)
      all_.call("restless", again{});
  }

private:
  workers& all_;
  bool is_restless_;
};

class restless_doorman final : public server_handler {
public:
  explicit restless_doorman(workers& all) : all_{all} {}
  admission on_connection(websocket_server&, const request& asked) override {
    const auto mood = asked.headers.find("X-Mood").value_or("");
    if (mood == "restless")
      all_.call("restless", again{});
    return std::make_unique<restless_member>(all_, mood == "restless in the end");
  }

private:
  workers& all_;
};

application restless() {
  return {
      .url = "/talk", .starts = [](workers& all, network& io) -> std::shared_ptr<void> {
        auto web = std::make_shared<web_server>(io, web_server_options{.port = 8080});
        EXPECT_TRUE(web->start());
        all.call("talk", [&all, ref = web->ref()](worker& self) {
          static constexpr process_variable<websocket_server> WSS{"WSS"};
          static constexpr process_variable<std::shared_ptr<void>> ENDS{"ENDS"};
          self[ENDS] =
              std::shared_ptr<void>{nullptr, [&all](void*) { all.call("restless", again{}); }};
          self[WSS] = websocket_server{self, ref, std::make_unique<restless_doorman>(all), options};
          self.after(std::chrono::seconds{10}, [&all] { all.call("restless", again{}); });
        });
        return web;
      }};
}

class RestlessProgram : public testing::Test {
protected:
  static void fails(const std::string& text, std::size_t line) {
    const auto wrong =
        script::parse(text, "talk.script")
            .play(restless(), {.at = altitude::program, .seeds = 0, .max_steps = 500});
    ASSERT_TRUE(wrong) << "it goes as written:\n" << text;
    EXPECT_EQ(wrong->line, line) << text << '\n' << wrong->in_words();
    EXPECT_THAT(wrong->text, HasSubstr("the program does not come to rest: after 500 steps"));
  }
};

TEST_F(RestlessProgram, FailsAtTheLineOfWhatSomebodyDoes) {
  const std::string begin = "ana joins with \"X-Mood: restless in the end\"\n";
  fails("ana joins with \"X-Mood: restless\"", 1);
  fails(begin + "ana -> \"hello\"", 2);
  fails(begin + "ana leaves", 2);
  fails(begin + "ana vanishes", 2);
  fails(begin + "ana breaks the protocol", 2);
  fails("pass 1min", 1);
  fails("kill talk", 1);
  fails("abort talk", 1);
  fails("ana joins\nat once\nana -> \"hello\"\nend", 4);
}

// -- what follows a line that cannot fail ---------------------------------------------------------

TEST_P(InMemory, WhatALineDoesToAClientShowsInTheNext) {
  const std::string begin = "ana joins\nana <- \"welcome\"\n";
  fails(begin + "ana stops reading\nana -> \"a\"\nana <- \"a\"", 5,
        AllOf(HasSubstr("but it hears nothing"), HasSubstr("takes 0 bytes more")));
  fails(begin + "ana reads slowly 2\nana -> \"a\"\nana <- \"a\"", 5,
        AllOf(HasSubstr("but it hears nothing"), HasSubstr("takes 2 bytes more")));
  fails(begin + "ana stops reading\nana -> \"a\"\nana reads again\nana hears nothing", 6,
        HasSubstr("should hear nothing, but hears \"a\""));
  fails(begin + "ana begins \"a\"\nana -> \"b\"\nana <- \"b\"", 5,
        HasSubstr("should hear \"b\", but hears \"ab\""));
  fails(begin + "ana pings\nquiet", 4, HasSubstr("it is not quiet: ana hears a pong"));
  fails(begin + "ana falls silent\nana -> \"a\"\nana <- \"a\"", 5,
        AllOf(HasSubstr("but it hears nothing"), HasSubstr("falls silent")));
  fails(begin +
            "ana ignores goodbyes\nana -> \"goodbye\"\nana is told goodbye 4000\nana is cut off",
        6, AllOf(HasSubstr("but it hears nothing"), HasSubstr("ignores goodbyes")));
}

TEST(Script, NamesTheSeedOfARandomOrder) {
  const auto what = script::parse("at once\nana joins\nbob joins\nend\n"
                                  "ana -> \"goodbye\"\nana <- \"welcome\"\n"
                                  "at once\nbob -> \"1\"\nana -> \"2\"\nend\n"
                                  "bob <- \"welcome\" \"1\"\n");
  // Bob may be heard last in no order: what ana says after her goodbye goes nowhere.
  EXPECT_FALSE(what.play(talk(), {.at = altitude::program}));

  const auto race = script::parse("ana joins\nbob joins\nat once\nana -> \"1\"\nbob -> \"2\"\nend\n"
                                  "ana <- \"welcome\" \"1\" \"2\"\n");
  const auto wrong = race.play(talk(), {.at = altitude::program, .seeds = 50});
  ASSERT_TRUE(wrong);
  EXPECT_EQ(wrong->line, 7u);
  EXPECT_THAT(wrong->text, AllOf(HasSubstr("should hear \"1\", but hears \"2\""),
                                 HasSubstr("the steps ran in random order, seed ")));
}

TEST(Script, NeedsAnApplicationOfItsSize) {
  const auto what = script::parse("quiet");

  EXPECT_THAT(what.play({}, {.at = altitude::actors})->text, HasSubstr("has no handler"));
  EXPECT_THAT(what.play({}, {.at = altitude::program})->text, HasSubstr("cannot be started"));
  EXPECT_THAT(what.play({}, {.at = altitude::wire, .url = "http://x"})->text,
              HasSubstr("'http://x' is no address"));
}

TEST(Plays, FailsAtTheLineOfTheFile) {
  const std::string file = testing::TempDir() + "callsign_plays_test.script";
  std::ofstream{file} << "ana joins\nana <- \"hello\"\n";

  const failures_of what{[&] { plays(file, talk()); }};
  EXPECT_EQ(what.count(), 2);
  EXPECT_EQ(what.line(), 2);
  EXPECT_EQ(what.file(), file);
  EXPECT_THAT(what.text(), HasSubstr("at the altitude of the actors: ana should hear \"hello\""));

  std::ofstream{file} << "ana joins\nana <- \"welcome\"\nquiet";
  plays(file, talk());
  std::ofstream{file} << "ana jumps";
  const failures_of text{[&] { plays(file, talk()); }};
  EXPECT_EQ(text.line(), 1);
  EXPECT_THAT(text.text(), HasSubstr(":1:1: nobody knows what 'ana' is"));

  int line = 0;
  const failures_of nothing{[&] {
    line = this_line() + 1;
    plays("/nowhere/at-all.script", talk());
  }};
  EXPECT_EQ(nothing.line(), line);
  EXPECT_EQ(nothing.file(), __FILE__);
}

} // namespace
