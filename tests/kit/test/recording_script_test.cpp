// A recording as a script: what is exported is played, and all goes as written.

#include "tests/kit/test/recording_cast.hpp"

#include <gmock/gmock.h>

#include <string>

namespace {

using namespace callsign;
using namespace callsign::testkit;
using testing::HasSubstr;

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
