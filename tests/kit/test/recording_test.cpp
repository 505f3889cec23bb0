// Recordings: what is written, what is read, and where a replay sees that something else happens.

#include "tests/kit/test/failures_of.hpp"

#include <callsign/testkit/recording.hpp>
#include <callsign/testkit/story.hpp>
#include <callsign/testkit/world.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <initializer_list>
#include <memory>
#include <sstream>
#include <string>
#include <unistd.h>

namespace {

using namespace callsign;
using namespace callsign::testkit;
using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

/// How the relay behaves: as it was, or changed.
struct manners {
  std::string greeting = "Welcome!";
  bool says_goodbye = true;
  int most = 100; ///< clients
  bool says_twice = false;
};

class member final : public connection_handler {
public:
  explicit member(manners how) : how_{std::move(how)} {}
  void on_open(websocket_connection& ws) override {
    ws.send(how_.greeting);
    ws.server().broadcast("somebody came", except(ws));
  }
  void on_message(websocket_connection& ws, const message& heard) override {
    ws.server().broadcast(heard, except(ws));
    if (how_.says_twice)
      ws.server().broadcast(heard, except(ws));
    if (heard.text() == "go")
      ws.terminate(4000, "as you wish");
  }
  void on_terminate(websocket_connection& ws, const termination&) override {
    if (how_.says_goodbye)
      ws.server().broadcast("somebody went", except(ws));
  }

private:
  manners how_;
};

class doorman final : public server_handler {
public:
  explicit doorman(manners how) : how_{std::move(how)} {}
  admission on_connection(websocket_server& wss, const request&) override {
    if (wss.connections().size() >= static_cast<std::size_t>(how_.most))
      return refuse(403, "full");
    return std::make_unique<member>(how_);
  }

private:
  manners how_;
};

constexpr process_variable<websocket_server> WSS{"WSS"};
constexpr process_variable<int> ticks{"ticks"};

/// A server, and a worker that ticks.
struct relay {
  relay(workers& set, network& io, const manners& how) : web{io, {.port = 8080}} {
    if (!web.start())
      return;
    set.call("relay", [how, ref = web.ref()](worker& self) {
      self[WSS] = websocket_server{self,
                                   ref,
                                   std::make_unique<doorman>(how),
                                   {.path = "/relay", .ping_after = 20s, .pong_within = 10s}};
      self.every(30s, [](worker& me) {
        if (++me[ticks] < 3)
          me[WSS].broadcast("tick " + std::to_string(me[ticks]));
      });
    });
  }
  web_server web;
};

application application_with(const manners& how = {}) {
  return {.url = "/relay", .starts = [how](workers& set, network& io) {
            return std::make_shared<relay>(set, io, how);
          }};
}

/// A file that lasts as long as the test.
class file_of_test {
public:
  file_of_test()
      : name_{testing::TempDir() + "/callsign-" + std::to_string(::getpid()) + '-' +
              testing::UnitTest::GetInstance()->current_test_info()->name() + '-' +
              std::to_string(reinterpret_cast<std::uintptr_t>(this)) + ".recording"} {
    std::filesystem::remove(name_);
  }
  ~file_of_test() { std::filesystem::remove(name_); }
  file_of_test(const file_of_test&) = delete;
  file_of_test& operator=(const file_of_test&) = delete;

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] std::string text() const {
    std::ostringstream all;
    all << std::ifstream{name_, std::ios::binary}.rdbuf();
    return all.str();
  }

private:
  std::string name_;
};

/// What happens on a stage with the relay, recorded; in order, or in a random one.
std::string recorded(const std::function<void(stage&)>& play, std::uint64_t seed = 0,
                     record_options how = {}) {
  const file_of_test file;
  how.file = file.name();
  how.program = "relay";
  {
    stage here{{.order_of_steps = {.steps = seed == 0 ? order::fifo : order::random, .seed = seed},
                .has_web_server = false,
                .url = "/relay",
                .record = how}};
    auto running = application_with().starts(here.workers(), here.network());
    here.settle();
    play(here);
    here.ends();
    running.reset();
  }
  return file.text();
}

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

TEST(Recording, SeesThatAWorkerHasNothingToDo) {
  auto text = recorded([](stage& here) { here.passes(40s); });
  const auto place = line_with(text, {R"("kind":"timer")"});
  const auto at = text.find(R"("kind":"timer")");
  text.replace(at, 14, R"("kind":"reply")");

  EXPECT_THAT(divergence(text),
              AllOf(StartsWith(std::to_string(place) + ": here the recording has: worker \"relay\" "
                                                       "handles a reply given at recording_test"),
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

TEST(Recording, BelongsToItsOwner) {
  const file_of_test file;
  const stage here{{.record = {.file = file.name()}}};

  using std::filesystem::perms;
  EXPECT_EQ(std::filesystem::status(file.name()).permissions(),
            perms::owner_read | perms::owner_write);
}

TEST(Recording, BecomesAScriptThatIsPlayed) {
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

TEST(Recording, AsAScriptReadsLikeOne) {
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

TEST(Recording, AsATestFailsAtItsLine) {
  const file_of_test file;
  std::ofstream{file.name()} << recorded([](stage& here) { here.joins(); });

  replays(file.name(), application_with());
  const failures_of changed{[&] { replays(file.name(), application_with({.greeting = "x"})); }};
  const failures_of missing{[] { replays("/nowhere/at/all", application_with()); }};

  EXPECT_EQ(changed.count(), 1);
  EXPECT_EQ(changed.file(), file.name());
  EXPECT_EQ(changed.line(), line_with(file.text(), {"hears"}));
  EXPECT_THAT(missing.text(), HasSubstr("there is no such recording"));
}

} // namespace
