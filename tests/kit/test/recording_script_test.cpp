// A recording as a script: what is exported is played, and all goes as written.

#include "tests/kit/test/recording_cast.hpp"

#include <gmock/gmock.h>

#include <string>

namespace {

using namespace callsign;
using namespace callsign::testkit;
using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

TEST(RecordingAsAScript, IsPlayed) {
  const auto an_hour = [](stage& here) {
    auto ana = here.joins();
    auto bob = here.joins();
    ana.says_binary("\x01");
    here.passes(70s);
    auto eve = here.joins();
    here.at_once([&] {
      ana.says("one");
      bob.says("two");
    });
    eve.vanishes();
    bob.leaves(1001, "home");
    ana.says("go");
  };
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const auto text = recorded(an_hour, seed);
    const auto as_script = recording::parse(text).as_script();

    const auto wrong =
        script::parse(as_script).play(application_with(), {.at = altitude::program, .seeds = 0});

    EXPECT_FALSE(wrong) << "seed " << seed << '\n'
                        << (wrong ? wrong->in_words() : "") << '\n'
                        << as_script << text;
    if (HasFailure())
      return;
  }
}

TEST(RecordingAsAScript, IsPlayedThoughSeveralLeaveAtOnce) {
  const auto a_rush = [](stage& here) {
    auto ana = here.joins();
    auto bob = here.joins();
    auto eve = here.joins();
    here.at_once([&] {
      ana.leaves();
      eve.says("wait");
      bob.leaves(1001, "home");
    });
    eve.says("alone");
  };
  bool is_ambiguous = false;
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    const auto text = recorded(a_rush, seed);
    const auto as_script = recording::parse(text).as_script();
    is_ambiguous = is_ambiguous || as_script.find("hears anything") != std::string::npos;

    const auto wrong =
        script::parse(as_script).play(application_with(), {.at = altitude::program, .seeds = 3});

    EXPECT_FALSE(wrong) << "seed " << seed << '\n'
                        << (wrong ? wrong->in_words() : "") << '\n'
                        << as_script << text;
    if (HasFailure())
      return;
  }
  EXPECT_TRUE(is_ambiguous) << "these seeds show nothing";
}

/// What was said last was never handled: the program was stopped.
TEST(RecordingAsAScript, LeavesOutWhatWasOnItsWayWhenTheProgramStopped) {
  const auto text = recorded([](stage& here) {
    auto ana = here.joins();
    auto bob = here.joins();
    bob.says("hello");
    ana.takes_all();
  });
  ASSERT_THAT(recording::parse(text).as_script(), EndsWith("quiet\n"));
  const auto before_stop = text.rfind('\n', text.find(R"("is":"stops")")) + 1;
  const std::string late = R"({"client":1,"text":"too late","is":"says","us":1})"
                           "\n";
  const auto stopped = text.substr(0, before_stop) + late + text.substr(before_stop);

  const auto as_script = recording::parse(stopped).as_script();

  EXPECT_THAT(as_script, Not(HasSubstr("too late")));
  EXPECT_THAT(as_script, Not(HasSubstr("quiet")));
  EXPECT_THAT(as_script, EndsWith("# The program was stopped while something was on its way.\n"
                                  "ana hears anything\n"
                                  "bob hears anything\n"));
}

TEST(RecordingAsAScript, LeavesOutTheHandshakeHoweverItIsSpelled) {
  const auto text = recorded([](stage& here) {
    here.joins_as(
        {.headers = {{"sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="}, {"x-mood", "restless"}}});
  });

  EXPECT_THAT(recording::parse(text).as_script(),
              AllOf(HasSubstr("with \"x-mood: restless\""), Not(HasSubstr("sec-websocket-key"))));
}

TEST(RecordingAsAScript, SaysWhatTheProgramWasStartedWith) {
  const auto text = recorded([](stage& here) { here.joins(); }, 0, {.arguments = {"--upper"}});

  EXPECT_THAT(recording::parse(text).as_script(),
              HasSubstr("# The program was started with \"--upper\", and a script is not.\n"));
}

TEST(RecordingAsAScript, ReadsLikeOne) {
  const auto text = recorded([](stage& here) {
    auto ana = here.joins();
    auto bob = here.joins_as({.remote_address = "10.0.0.7"});
    bob.says("costs $5 \"each\"\n");
    here.joins_as({.url = "/elsewhere"});
    bob.leaves(1001, "home");
    ana.says("go");
  });

  EXPECT_THAT(recording::parse(text).as_script(), HasSubstr(R"(program relay

ana joins /relay
ana <- "Welcome!"
bob joins /relay from 10.0.0.7
ana <- "somebody came"
bob <- "Welcome!"
bob -> "costs \$5 \"each\"\n"
ana <- "costs \$5 \"each\"\n"
eve joins /elsewhere
eve is refused 404
bob leaves 1001 "home"
ana <- "somebody went"
ana -> "go"
ana is told goodbye 4000 "as you wish"
quiet
)"));
}

} // namespace
