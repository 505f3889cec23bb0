// Recordings: what is written, what is read, and where a replay sees that something else happens.

#include "actors/src/worker_system.hpp"
#include "tests/kit/test/failures_of.hpp"
#include "tests/kit/test/recording_cast.hpp"

#include <callsign/testkit/recording.hpp>
#include <callsign/testkit/story.hpp>
#include <callsign/testkit/world.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <initializer_list>
#include <memory>
#include <sstream>
#include <string>
#include <sys/resource.h>
#include <unistd.h>

namespace {

using namespace callsign;
using namespace callsign::testkit;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

void an_evening(stage& here) {
  auto ana = here.joins();
  auto bob = here.joins();
  here.at_once([&] {
    ana.says("one");
    bob.says("two");
    auto eve = here.joins();
    ana.says_binary(std::string{"\x00\xff\n", 3});
    eve.vanishes();
  });
  here.passes(100s); // pings, and two ticks
  auto dan = here.joins_as({.remote_address = "10.0.0.7"});
  here.joins_as({.url = "/elsewhere"});
  dan.falls_silent();
  bob.says("still here?");
  here.at_once([&] {
    bob.leaves(1001, "home");
    ana.says("bye");
  });
  here.passes(60s); // dan is cut
  ana.says("go");
  here.joins();
  for (auto* who : {&ana, &bob, &dan})
    who->takes_all();
}

/// "line: text" of the divergence, or nothing.
std::string divergence(const std::string& text, const manners& how = {}) {
  const auto wrong = recording::parse(text).replay(application_with(how));
  return wrong ? std::to_string(wrong->line) + ": " + wrong->text : std::string{};
}

/// The number of the first line that holds all of that.
int line_with(const std::string& text, std::initializer_list<std::string_view> parts) {
  std::istringstream all{text};
  std::string line;
  for (int n = 1; std::getline(all, line); ++n) {
    if (std::ranges::all_of(parts, [&](auto part) { return line.find(part) != line.npos; }))
      return n;
  }
  return 0;
}

TEST(Recording, IsReplayedInWhateverOrderThingsHappened) {
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    const auto text = recorded(an_evening, seed);

    EXPECT_EQ(divergence(text), "") << "seed " << seed << '\n' << text;
    if (HasFailure())
      return;
  }
}

TEST(Recording, IsReplayedWhereASessionWaitedNoLongerForAnswers) {
  const auto play = [](stage& here) {
    auto ana = here.joins();
    auto bob = here.joins();
    here.at_once([&] {
      here.time_may_pass(600ms);
      ana.says("one");
      bob.says("late");
      bob.leaves();
      ana.says("two");
    });
    for (auto* who : {&ana, &bob})
      who->takes_all();
  };
  int impatient = 0;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    const auto text = recorded(play, seed);
    impatient += line_with(text, {R"("is":"impatient")"}) != 0 ? 1 : 0;

    EXPECT_EQ(divergence(text), "") << "seed " << seed << '\n' << text;
    if (HasFailure())
      return;
  }
  EXPECT_GT(impatient, 0);
}

// Whether a client that leaves still hears what is on its way to it depends on the turn of its I/O
// thread, which a recording does not hold.
TEST(Recording, IsReplayedWhereSomebodyLeavesWhileItIsSpokenTo) {
  const auto play = [](stage& here) {
    auto ana = here.joins();
    auto bob = here.joins();
    here.at_once([&] {
      ana.says("one");
      bob.leaves(4003);
    });
    for (auto* who : {&ana, &bob})
      who->takes_all();
  };
  int tried = 0;
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    auto text = recorded(play, seed);
    const auto closing = line_with(text, {R"("client":2)", R"("is":"closing")"});
    const auto hears = line_with(text, {R"("client":2)", R"("text":"one")", R"("is":"hears")"});
    if (closing == 0 || hears < closing)
      continue;
    ++tried;
    EXPECT_EQ(divergence(text), "") << "seed " << seed;
    // As if the goodbye had been first.
    std::size_t begin = 0;
    for (int n = 1; n < hears; ++n)
      begin = text.find('\n', begin) + 1;
    text.erase(begin, text.find('\n', begin) + 1 - begin);
    EXPECT_EQ(divergence(text), "") << "seed " << seed << '\n' << text;
  }
  EXPECT_GT(tried, 0);
}

// The pauses of a supervised worker are drawn.
TEST(Recording, IsReplayedWithWhatWasDrawn) {
  const manners flaky{.has_flaky = true};
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    const auto text = recorded(
        [](stage& here) {
          auto ana = here.joins();
          for (int i = 0; i < 3; ++i) {
            ana.says("fail");
            here.reports("as ever");
            here.passes(50s);
          }
          ana.takes_all();
        },
        seed, {}, flaky);

    EXPECT_NE(line_with(text, {"it is back"}), 0) << text;
    EXPECT_EQ(divergence(text, flaky), "") << "seed " << seed << '\n' << text;
  }
}

TEST(Recording, NamesTheFirstLineWhereSomethingElseIsHeard) {
  const auto text = recorded(an_evening);

  const auto wrong = divergence(text, {.greeting = "Good evening!"});

  EXPECT_THAT(wrong, StartsWith(std::to_string(line_with(text, {R"("text":"Welcome!")", "hears"})) +
                                ": here the recording has: ana hears \"Welcome!\"\n"
                                "but now: it hears \"Good evening!\""));
  EXPECT_THAT(wrong, HasSubstr("|   joins /relay")) << "and draws the last steps";
}

TEST(Recording, SeesWhatIsSaidTooMuchOrNotAnyMore) {
  const auto text = recorded([](stage& here) {
    auto ana = here.joins();
    auto bob = here.joins();
    bob.says("hello");
    bob.leaves();
    here.joins();
    ana.takes_all();
  });

  EXPECT_THAT(divergence(text, {.says_twice = true}),
              HasSubstr("ana hears \"somebody went\"\nbut now: it hears \"hello\""));
  EXPECT_THAT(divergence(text, {.says_goodbye = false}),
              HasSubstr("ana hears \"somebody went\"\nbut now: it hears nothing"));
}

TEST(Recording, SeesThatSomebodyIsNotLetInAnyMore) {
  const auto text = recorded([](stage& here) { here.joins(); });

  const auto wrong = divergence(text, {.most = 0});

  EXPECT_THAT(wrong, StartsWith(std::to_string(line_with(text, {"admitted"})) + ": "));
  EXPECT_THAT(wrong, HasSubstr("ana is admitted\nbut now: it is refused with HTTP 403 \"full\""));
}

TEST(Recording, SaysWhetherTheOrderOfAllCallbacksIsInIt) {
  const auto text = recorded([](stage& here) {
    auto ana = here.joins();
    here.joins().says("hello");
    ana.takes_all();
  });
  // As if its callbacks had run in the connections: no worker handles what clients do.
  std::string parallel;
  std::istringstream lines{text};
  for (std::string line; std::getline(lines, line);) {
    if (line.find("\"runs\"") == line.npos || line.find("\"client\"") == line.npos)
      parallel += line + '\n';
  }
  auto one_thread = parallel;
  const std::string two = "\"io_threads\":2";
  ASSERT_NE(one_thread.find(two), one_thread.npos) << text;
  one_thread.replace(one_thread.find(two), two.size(), "\"io_threads\":1");

  EXPECT_TRUE(recording::parse(text).has_whole_order());
  EXPECT_FALSE(recording::parse(parallel).has_whole_order());
  EXPECT_TRUE(recording::parse(one_thread).has_whole_order());
  EXPECT_THAT(recording::parse(parallel).as_script(), HasSubstr("# Callbacks ran on several"));
  EXPECT_THAT(recording::parse(text).as_script(), Not(HasSubstr("# Callbacks ran on several")));
}

TEST(Recording, SeesThatAWorkerHasNothingToDo) {
  auto text = recorded([](stage& here) { here.passes(40s); });
  const auto place = line_with(text, {R"("kind":"timer")"});
  const auto at = text.find(R"("kind":"timer")");
  text.replace(at, 14, R"("kind":"reply")");

  EXPECT_THAT(divergence(text),
              AllOf(StartsWith(std::to_string(place) + ": here the recording has: worker \"relay\" "
                                                       "handles a reply given at recording_cast"),
                    HasSubstr("but now: ")));
}

TEST(Recording, IsReplayedUpToWhereItIsCut) {
  const auto text = recorded([](stage& here) {
    auto ana = here.joins();
    auto bob = here.joins();
    ana.says("hello");
    bob.takes_all();
    ana.leaves();
  });
  const auto header = text.find('\n') + 1;

  for (std::size_t size = 0; size < text.size(); ++size) {
    const auto cut = text.substr(0, size);
    if (size < header) {
      EXPECT_THROW(static_cast<void>(recording::parse(cut)), script_error) << size;
      continue;
    }
    // Within a line it is as behind the line before.
    EXPECT_EQ(recording::parse(cut).lines(),
              static_cast<std::size_t>(std::ranges::count(cut, '\n')))
        << size;
    if (cut.ends_with('\n')) {
      ASSERT_EQ(divergence(cut), "") << size;
    }
  }
  EXPECT_FALSE(recording::parse(text.substr(0, text.size() - 1)).is_whole());
  EXPECT_TRUE(recording::parse(text).is_whole());
}

std::string complaint(const std::string& text) {
  try {
    static_cast<void>(recording::parse(text, "x.recording"));
  } catch (const script_error& wrong) {
    return wrong.what();
  }
  return "nothing";
}

TEST(Recording, SeesThatBytesWereChanged) {
  const auto text = recorded([](stage& here) { here.joins().says_binary("\x01"); });
  const auto place = text.find(R"("binary":"01")");
  ASSERT_NE(place, std::string::npos);
  auto changed = text;
  changed.replace(place, 13, R"("binary":"zz")");

  try {
    static_cast<void>(recording::parse(changed, "x.recording"));
    FAIL() << "it should be refused";
  } catch (const script_error& e) {
    EXPECT_THAT(e.what(), HasSubstr("these bytes are no hexadecimal digits"));
  }
}

TEST(Recording, SaysWhatIsWrongWithTheFile) {
  const auto text = recorded([](stage& here) { here.joins(); });

  EXPECT_THAT(complaint(""), HasSubstr("x.recording:1:1: this is no recording"));
  EXPECT_THAT(complaint("hello\n"), HasSubstr("x.recording:1:1: this is no recording"));
  EXPECT_THAT(complaint("{}\n"), HasSubstr("x.recording:1:1: this is no recording"));
  EXPECT_THAT(complaint("{\"callsign-recording\":2,\"version\":\"9.1\"}\n"),
              HasSubstr("x.recording:1:1: this recording has format 2, and this program reads "
                        "format 1: use the callsign-script of the version 9.1"));
  auto changed = text;
  changed.insert(text.find('\n') + 1, "no line\n");
  EXPECT_THAT(complaint(changed), HasSubstr("x.recording:2:1: this line is none of a recording"));
  EXPECT_THROW(static_cast<void>(recording::load("/nowhere/at/all")), script_error);
}

TEST(Recording, HidesWhatItIsTold) {
  record_options how{.hidden_fields = {"password", "token"}};
  const auto play = [](stage& here) {
    auto ana = here.joins_as({.url = "/relay?token=s3cret&x=1",
                              .headers = {{"Cookie", "id=s3cret"}, {"X-Mood", "good"}}});
    auto bob = here.joins();
    ana.says(R"({"user":"ana","password":"s3cret","more":{"token":[1234,"s3cret"]}})");
    ana.says(R"({"password":"s3cret)");
    ana.leaves(4000, "free words");
    bob.takes_all();
  };

  const auto text = recorded(play, 0, how);

  EXPECT_THAT(text, Not(HasSubstr("s3cret")));
  EXPECT_THAT(text, Not(HasSubstr("1234")));
  EXPECT_THAT(text, AllOf(HasSubstr("x=1"), HasSubstr("good"), HasSubstr("free words")));
  EXPECT_EQ(divergence(text), "") << "what is hidden is as long as it was";

  how.hides_messages = true;
  const auto less = recorded(play, 0, how);
  EXPECT_THAT(less, AllOf(Not(HasSubstr("user")), Not(HasSubstr("free words"))));
  EXPECT_EQ(divergence(less), "");
}

TEST(Recording, EndsWhereItsLimitIsAndSaysSo) {
  const auto text = recorded(an_evening, 0, {.max_bytes = 3'000});

  EXPECT_LE(text.size(), 3'000U);
  EXPECT_THAT(text, HasSubstr(R"({"is":"full")"));
  EXPECT_EQ(divergence(text), "");
  EXPECT_FALSE(recording::parse(text).is_whole());
}

TEST(Recording, IsNeverWrittenOverAnother) {
  const file_of_test file;
  std::ofstream{file.name()} << "precious";
  world here;
  const auto begins = [&](const std::string& name) -> std::string {
    try {
      const network io{here.workers(), {.io_threads = 1, .record = {.file = name}}};
    } catch (const failure& wrong) {
      return wrong.what();
    }
    return "nothing";
  };

  EXPECT_THAT(begins(file.name()), AllOf(HasSubstr("record into " + file.name()),
                                         HasSubstr("remove that file, or name another")));
  EXPECT_EQ(file.text(), "precious");
  EXPECT_THAT(begins("/nowhere/x"), HasSubstr("name a file in a folder that exists"));
}

/// The seed in the first line.
std::uint64_t recording_seed(const std::string& text) {
  constexpr std::string_view name = R"("seed":)";
  return std::stoull(text.substr(text.find(name) + name.size()));
}

double first_draw_of(std::uint64_t seed) {
  world other;
  other.workers().system().draw_from(seed);
  return other.workers().system().chance();
}

TEST(Recording, IsOneForEachSetOfWorkers) {
  const file_of_test first;
  const file_of_test second;
  world here;
  const network io{here.workers(), {.io_threads = 1, .record = {.file = first.name()}}};
  const auto again = [&] {
    const network other{here.workers(), {.io_threads = 1, .record = {.file = second.name()}}};
  };

  EXPECT_THAT(again, testing::ThrowsMessage<failure>(HasSubstr("record once for each set")));
  const auto seed = recording_seed(first.text());
  EXPECT_EQ(here.workers().system().chance(), first_draw_of(seed)) << "its draws are its own";
  EXPECT_FALSE(std::filesystem::exists(second.name()));
}

TEST(Recording, ThatCannotBeBegunIsAnErrorAndLeavesNoFile) {
  const file_of_test file;
  world here;
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const rlimit full{10, before.rlim_max};
  const auto then = std::signal(SIGXFSZ, SIG_IGN);
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &full), 0);

  std::string said = "nothing";
  try {
    const network io{here.workers(), {.io_threads = 1, .record = {.file = file.name()}}};
  } catch (const failure& wrong) {
    said = wrong.what();
  }
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, then);

  EXPECT_THAT(said, HasSubstr("record into " + file.name()));
  EXPECT_FALSE(std::filesystem::exists(file.name()));
}

TEST(Recording, BelongsToItsOwner) {
  const file_of_test file;
  const stage here{{.record = {.file = file.name()}}};

  using std::filesystem::perms;
  EXPECT_EQ(std::filesystem::status(file.name()).permissions(),
            perms::owner_read | perms::owner_write);
}

TEST(Recording, AsATestFailsAtItsLine) {
  const file_of_test file;
  std::ofstream{file.name()} << recorded([](stage& here) { here.joins(); });

  replays(file.name(), application_with());
  const failures_of changed{[&] { replays(file.name(), application_with({.greeting = "x"})); }};
  int line = 0;
  const failures_of missing{[&] {
    line = this_line() + 1;
    replays("/nowhere/at/all", application_with());
  }};

  EXPECT_EQ(changed.count(), 1);
  EXPECT_EQ(changed.file(), file.name());
  EXPECT_EQ(changed.line(), line_with(file.text(), {"hears"}));
  EXPECT_EQ(missing.line(), line);
  EXPECT_EQ(missing.file(), __FILE__);
  EXPECT_THAT(missing.text(), HasSubstr("there is no such recording"));
}

} // namespace
