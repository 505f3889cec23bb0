#include "app/program/bad_argument.hpp"
#include "app/program/command_line.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <optional>
#include <ostream>
#include <string>
#include <unistd.h>
#include <vector>

namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

constexpr std::size_t kibibyte = 1024;
constexpr std::size_t mebibyte = 1024 * kibibyte;

class CommandLine : public testing::Test {
protected:
  std::optional<program::settings> read(std::initializer_list<const char*> words) {
    std::vector<const char*> all{"callsign-test"};
    all.insert(all.end(), words);
    const program::about what{
        .name = "callsign-test",
        .purpose = "Tests.",
        .defaults = {.path = "/test"},
        .extras = {{.name = "--loud", .help = "shout", .is_given = &is_loud_}}};
    return program::read_command_line(what, static_cast<int>(all.size()), all.data());
  }

  program::settings good(std::initializer_list<const char*> words) { return read(words).value(); }

  std::string refused(std::initializer_list<const char*> words) {
    try {
      static_cast<void>(read(words));
    } catch (const program::bad_argument& error) {
      return error.what();
    }
    return "nothing was refused";
  }

  /// A configuration file that lasts as long as the test.
  std::string config(const std::string& text) {
    config_ = std::filesystem::path{testing::TempDir()} /
              ("callsign-config-" + std::to_string(::getpid()) + ".toml");
    std::ofstream{config_} << text;
    return config_.string();
  }

  void TearDown() override {
    if (!config_.empty())
      std::filesystem::remove(config_);
  }

  bool is_loud_ = false;

private:
  std::filesystem::path config_;
};

TEST_F(CommandLine, WithoutFlagsEverythingIsAsDocumented) {
  const auto wanted = good({});

  EXPECT_EQ(wanted.port, 8080);
  EXPECT_THAT(wanted.addresses, ElementsAre("127.0.0.1"));
  EXPECT_EQ(wanted.path, "/test");
  EXPECT_THAT(wanted.root, IsEmpty());
  EXPECT_THAT(wanted.log_file, IsEmpty());
  EXPECT_THAT(wanted.record.file, IsEmpty());
  EXPECT_EQ(wanted.log_level, callsign::log_level::info);
  EXPECT_TRUE(wanted.guests.admits("192.0.2.1"));
  EXPECT_FALSE(is_loud_);

  const auto server = wanted.server_options();
  EXPECT_EQ(server.path, "/test");
  EXPECT_EQ(server.type, callsign::data_type::as_received);
  EXPECT_EQ(server.placement, callsign::callbacks::in_worker);
  EXPECT_EQ(server.max_message_bytes, 64 * kibibyte);
  EXPECT_EQ(server.max_fragments, 1024U);
  EXPECT_EQ(server.max_queued_bytes, mebibyte);
  EXPECT_EQ(server.max_undelivered_bytes, mebibyte);
  EXPECT_EQ(server.max_connections, 10'000U);
  EXPECT_EQ(server.max_per_address, 1'000U);
  EXPECT_EQ(server.ping_after, 20s);
}

TEST_F(CommandLine, EachFlagSetsWhatItNames) {
  const auto wanted = good({"--port",
                            "0",
                            "--address",
                            "127.0.0.1",
                            "--address",
                            "::1",
                            "--path",
                            "/rooms/*",
                            "--placement",
                            "connection",
                            "--io-threads",
                            "3",
                            "--io",
                            "io_uring",
                            "--max-fragments",
                            "7",
                            "--max-queued",
                            "2M",
                            "--max-connections",
                            "30000",
                            "--max-per-address",
                            "9",
                            "--ping",
                            "0.5",
                            "--origin",
                            "https://example.org",
                            "--log-level",
                            "debug",
                            "--log",
                            "some.log",
                            "--loud"});

  EXPECT_EQ(wanted.log_level, callsign::log_level::debug);
  EXPECT_EQ(wanted.log_file, "some.log");
  EXPECT_TRUE(is_loud_);

  const auto web = wanted.web_options();
  EXPECT_EQ(web.port, 0);
  EXPECT_THAT(web.addresses, ElementsAre("127.0.0.1", "::1"));
  EXPECT_GT(web.max_lines, 30'000U) << "the connections need lines of their own";
  EXPECT_EQ(web.max_lines_per_address, web.max_lines / 2) << "nobody alone takes them all";

  const auto server = wanted.server_options();
  EXPECT_EQ(server.path, "/rooms/*");
  EXPECT_EQ(server.placement, callsign::callbacks::in_connection);
  EXPECT_EQ(server.max_fragments, 7U);
  EXPECT_EQ(server.max_queued_bytes, 2 * mebibyte);
  EXPECT_EQ(server.max_connections, 30'000U);
  EXPECT_EQ(server.max_per_address, 9U);
  EXPECT_EQ(server.ping_after, 500ms);
  EXPECT_THAT(server.origins, ElementsAre("https://example.org"));

  EXPECT_EQ(wanted.network_options({}).io_threads, 3U);
  EXPECT_EQ(wanted.network_options({}).backend, callsign::io_backend::io_uring);
}

TEST_F(CommandLine, ALargerMessageRaisesOutboxAndBudgetWithIt) {
  const auto wanted = good({"--max-message", "33554432"});
  const auto server = wanted.server_options();

  EXPECT_EQ(server.max_message_bytes, 32 * mebibyte);
  EXPECT_EQ(server.max_queued_bytes, 32 * mebibyte);
  EXPECT_EQ(server.max_undelivered_bytes, 32 * mebibyte);
  EXPECT_GE(wanted.network_options({}).max_buffered_bytes, 256 * mebibyte);
  EXPECT_GE(good({"--max-message", "1024M"}).network_options({}).max_buffered_bytes,
            8192 * mebibyte);
}

TEST_F(CommandLine, AnOutboxThatIsAskedForStaysAsItIs) {
  const auto server = good({"--max-message", "4M", "--max-queued", "64K"}).server_options();

  EXPECT_EQ(server.max_queued_bytes, 64 * kibibyte);
}

TEST_F(CommandLine, SizesArePlainOrInKOrM) {
  EXPECT_EQ(good({"--max-message", "1"}).max_message, 1U);
  EXPECT_EQ(good({"--max-message", "64K"}).max_message, 64 * kibibyte);
  EXPECT_EQ(good({"--max-message", "64k"}).max_message, 64 * kibibyte);
  EXPECT_EQ(good({"--max-message", "4M"}).max_message, 4 * mebibyte);
}

TEST_F(CommandLine, PingZeroIsOffAndAnythingElseIsNot) {
  EXPECT_EQ(good({"--ping", "0"}).ping, 0ms);
  EXPECT_EQ(good({"--ping", "0.0001"}).ping, 1ms);
}

TEST_F(CommandLine, AnAddressGivenTwiceIsListenedOnOnce) {
  EXPECT_THAT(good({"--address", "::1", "--address", "127.0.0.1", "--address", "::1"}).addresses,
              ElementsAre("::1", "127.0.0.1"));
}

struct refusal {
  const char* flag;
  const char* word;
};

std::ostream& operator<<(std::ostream& out, const refusal& what) {
  return out << what.flag << ' ' << what.word;
}

class BadValue : public CommandLine, public testing::WithParamInterface<refusal> {};

TEST_P(BadValue, IsRefusedByTheNameOfItsFlagWithAdvice) {
  const auto [flag, word] = GetParam();

  EXPECT_THAT(refused({flag, word}),
              AllOf(StartsWith(std::string{flag} + ": "), HasSubstr('"' + std::string{word} + '"'),
                    HasSubstr("; ")));
}

INSTANTIATE_TEST_SUITE_P(
    Flags, BadValue,
    testing::Values(refusal{"--port", "70000"}, refusal{"--port", "-1"}, refusal{"--port", "http"},
                    refusal{"--port", "80 "}, refusal{"--port", "0x50"},
                    refusal{"--address", "localhost"}, refusal{"--address", "256.0.0.1"},
                    refusal{"--address", "127.0.0.0/8"}, refusal{"--address", "[::1]"},
                    refusal{"--path", "chat"}, refusal{"--path", "//evil.example"},
                    refusal{"--path", "/\\evil.example"}, refusal{"--path", "/chat?room=1"},
                    refusal{"--path", "/chat#1"}, refusal{"--path", "/100%"},
                    refusal{"--path", "/%zz"}, refusal{"--path", "/a/../b"},
                    refusal{"--path", "/."}, refusal{"--path", "/*/b"}, refusal{"--path", "/a*"},
                    refusal{"--path", "/a\nb"}, refusal{"--path", "/a%00b"},
                    refusal{"--root", "/no/such/folder"}, refusal{"--root", "/dev/null"},
                    refusal{"--allow", "nobody"}, refusal{"--allow", "10.0.0.0/33"},
                    refusal{"--deny", "::1/129"}, refusal{"--deny", "10.0.0.0/"},
                    refusal{"--origin", "example.org"}, refusal{"--origin", "https://"},
                    refusal{"--origin", "https://example.org/page"}, refusal{"--log-level", "loud"},
                    refusal{"--log-level", "INFO"}, refusal{"--placement", "somewhere"},
                    refusal{"--io", "poll"}, refusal{"--io-threads", "257"},
                    refusal{"--io-threads", "two"}, refusal{"--max-message", "0"},
                    refusal{"--max-message", "64Q"}, refusal{"--max-message", "K"},
                    refusal{"--max-message", "-5"}, refusal{"--max-message", "1025M"},
                    refusal{"--max-message", "99999999999999999999"},
                    refusal{"--max-fragments", "0"}, refusal{"--max-queued", "0"},
                    refusal{"--max-connections", "0"}, refusal{"--max-per-address", "many"},
                    refusal{"--ping", "-1"}, refusal{"--ping", "nan"}, refusal{"--ping", "inf"},
                    refusal{"--ping", "86401"}, refusal{"--ping", "soon"}));

TEST_F(CommandLine, AnEmptyFileNameIsRefused) {
  EXPECT_THAT(refused({"--log", ""}), StartsWith("--log: "));
  EXPECT_THAT(refused({"--root", ""}), StartsWith("--root: "));
  EXPECT_THAT(refused({"--path", ""}), StartsWith("--path: "));
}

TEST_F(CommandLine, AnUnknownFlagIsRefusedByName) {
  EXPECT_THAT(refused({"--prot", "80"}), HasSubstr("\"--prot\""));
  EXPECT_THAT(refused({"page"}), HasSubstr("\"page\""));
}

TEST_F(CommandLine, AFlagWithoutItsValueIsRefusedByName) {
  EXPECT_THAT(refused({"--port"}), AllOf(StartsWith("--port: "), HasSubstr("missing")));
  EXPECT_THAT(refused({"--address"}), AllOf(StartsWith("--address: "), HasSubstr("missing")));
}

TEST_F(CommandLine, AFlagThatTakesOneValueIsNotGivenTwice) {
  EXPECT_THAT(refused({"--port", "1", "--port", "2"}),
              AllOf(StartsWith("--port: "), HasSubstr("more than once")));
}

TEST_F(CommandLine, AFileHasTheNamesOfTheFlags) {
  const auto file = config("# the chat\n"
                           "port = 0\n"
                           "address = [\"127.0.0.1\", \"::1\"]\n"
                           "path = \"/talk\"\n"
                           "deny = \"10.0.0.0/8\"\n"
                           "max-message = \"4M\"\n"
                           "log-level = \"warning\"\n"
                           "loud = true\n");

  const auto wanted = good({"--config", file.c_str()});

  EXPECT_EQ(wanted.port, 0);
  EXPECT_THAT(wanted.addresses, ElementsAre("127.0.0.1", "::1"));
  EXPECT_EQ(wanted.path, "/talk");
  EXPECT_FALSE(wanted.guests.admits("10.1.2.3"));
  EXPECT_EQ(wanted.max_message, 4 * mebibyte);
  EXPECT_EQ(wanted.log_level, callsign::log_level::warning);
  EXPECT_TRUE(is_loud_);
}

TEST_F(CommandLine, TheCommandLineComesBeforeTheFile) {
  const auto file = config("port = 81\naddress = \"::1\"\nping = 3\n");

  const auto wanted = good({"--port", "82", "--config", file.c_str(), "--address", "127.0.0.2"});

  EXPECT_EQ(wanted.port, 82);
  EXPECT_THAT(wanted.addresses, ElementsAre("127.0.0.2"));
  EXPECT_EQ(wanted.ping, 3s);
}

TEST_F(CommandLine, ABadValueInAFileIsRefusedByTheNameOfItsFlag) {
  EXPECT_THAT(refused({"--config", config("port = 70000\n").c_str()}), StartsWith("--port: "));
}

TEST_F(CommandLine, AnUnknownNameInAFileIsRefused) {
  EXPECT_THAT(refused({"--config", config("max-mesage = 5\n").c_str()}),
              AllOf(StartsWith("--config: "), HasSubstr("max-mesage")));
  EXPECT_THAT(refused({"--config", config("max_message = 5\n").c_str()}), HasSubstr("max_message"));
  EXPECT_THAT(refused({"--config", config("help = true\n").c_str()}), StartsWith("--config: help"));
  EXPECT_THAT(refused({"--config", config("version = true\n").c_str()}),
              StartsWith("--config: version"));
  EXPECT_THAT(refused({"--config", config("config = \"x\"\n").c_str()}),
              StartsWith("--config: config"));
  EXPECT_THAT(refused({"--config", config("just some words\n").c_str()}),
              HasSubstr("just some words"));
}

TEST_F(CommandLine, ASectionInAFileIsRefused) {
  EXPECT_THAT(refused({"--config", config("[chat]\nport = 81\n").c_str()}),
              AllOf(StartsWith("--config: "), HasSubstr("[chat]")));
}

TEST_F(CommandLine, AFileThatIsNotThereIsRefused) {
  EXPECT_THAT(refused({"--config", "/no/such/file"}),
              AllOf(StartsWith("--config: "), HasSubstr("/no/such/file")));
  EXPECT_THAT(refused({"--config", "/"}), StartsWith("--config: "));
}

TEST_F(CommandLine, HelpAndVersionLeaveNothingToDo) {
  testing::internal::CaptureStdout();
  EXPECT_FALSE(read({"--help"}).has_value());
  EXPECT_THAT(testing::internal::GetCapturedStdout(),
              AllOf(HasSubstr("--port"), HasSubstr("--loud")));

  testing::internal::CaptureStdout();
  EXPECT_FALSE(read({"--version"}).has_value());
  EXPECT_THAT(testing::internal::GetCapturedStdout(), StartsWith("callsign-test "));
}

class GuestList : public CommandLine {};

TEST_F(GuestList, WithoutFlagsEverybodyComesIn) {
  const auto guests = good({}).guests;

  EXPECT_TRUE(guests.admits("127.0.0.1"));
  EXPECT_TRUE(guests.admits("2001:db8::1"));
}

TEST_F(GuestList, WhoIsDeniedStaysOutAndAllOthersComeIn) {
  const auto guests = good({"--deny", "10.0.0.0/8", "--deny", "::1/128"}).guests;

  EXPECT_FALSE(guests.admits("10.255.0.1"));
  EXPECT_FALSE(guests.admits("::1"));
  EXPECT_TRUE(guests.admits("11.0.0.1"));
}

TEST_F(GuestList, WhenSomeAreAllowedOnlyTheyComeIn) {
  const auto guests = good({"--allow", "127.0.0.0/8", "--allow", "::1"}).guests;

  EXPECT_TRUE(guests.admits("127.0.0.9"));
  EXPECT_TRUE(guests.admits("::1"));
  EXPECT_FALSE(guests.admits("192.0.2.1"));
}

TEST_F(GuestList, DeniedIsDeniedEvenIfAllowed) {
  const auto guests = good({"--allow", "10.0.0.0/8", "--deny", "10.9.0.0/16"}).guests;

  EXPECT_TRUE(guests.admits("10.8.0.1"));
  EXPECT_FALSE(guests.admits("10.9.0.1"));
}

} // namespace
