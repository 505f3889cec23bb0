// The chat of app/chat, behind a door without sockets.

#include "app/chat/doorman.hpp"
#include "tests/app/story_cast.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>

namespace {

using namespace stories;

/// The classes of app/chat, as its main() puts them together.
class ChatStory : public testing::Test,
                  public stage,
                  public testing::WithParamInterface<callbacks> {
protected:
  void opens_chat(program::guest_list guests = {}, where at = where::current()) {
    log_.emplace(log_level::info, file_);
    serves(std::make_shared<chat::doorman>(std::move(guests), *log_),
           {.path = "/chat", .placement = GetParam()}, "WebSocketServer", at);
  }
  void SetUp() override {
    file_ = testing::TempDir() + "chat_story_" +
            std::to_string(testing::UnitTest::GetInstance()->random_seed()) + '_' +
            testing::UnitTest::GetInstance()->current_test_info()->name() + ".log";
    std::ranges::replace(file_, '/', '_');
    file_ = testing::TempDir() + file_.substr(file_.find("chat_story_"));
    std::filesystem::remove(file_);
  }
  void TearDown() override {
    ends();
    std::filesystem::remove(file_);
  }
  std::string log_of_chat() const {
    EXPECT_TRUE(log_->is_written_within(20s));
    std::ifstream in{file_};
    std::ostringstream all;
    all << in.rdbuf();
    return all.str();
  }

private:
  std::string file_;
  std::optional<program::log_book> log_;
};
INSTANTIATE_TEST_SUITE_P(Chat, ChatStory, both_placements(), name_of_placement);

TEST_P(ChatStory, WhatOneClientSaysEveryOtherClientHears) {
  opens_chat();
  auto ana = joins();
  auto bob = joins();
  ana.hears("Welcome on the chat!");
  ana.hears("New client connected");
  bob.hears("Welcome on the chat!");

  bob.says("Good evening");
  ana.hears("Good evening");
  bob.hears_nothing();

  bob.leaves();
  ana.hears("Client disconnected");
  all_is_quiet();
}

// D-7: the greeting comes first, and the newcomer does not hear of its own coming.
TEST_P(ChatStory, TheGreetingIsTheNewcomersFirstFrame) {
  opens_chat();
  auto ana = joins();
  auto bob = joins();
  auto eve = joins();

  ana.hears("Welcome on the chat!");
  ana.hears("New client connected");
  ana.hears("New client connected");
  bob.hears("Welcome on the chat!");
  bob.hears("New client connected");
  eve.hears("Welcome on the chat!");

  all_is_quiet();
}

// T-23: markup travels as it is; the page inserts it as text.
TEST_P(ChatStory, MarkupIsRelayedAsItIs) {
  opens_chat();
  auto ana = joins();
  auto bob = joins();
  ana.takes_all();
  bob.takes_all();

  ana.says("<img src=x onerror=alert(1)> & \"quotes\"");

  bob.hears("<img src=x onerror=alert(1)> & \"quotes\"");
  all_is_quiet();
}

// D-2: the address check refuses before the handshake.
TEST_P(ChatStory, AGuestWhoseAddressIsDeniedIsRefused) {
  opens_chat(program::guest_list{{}, {address_range{"10.0.0.0/8"}}});
  auto ana = joins();

  auto eve = joins_as({.name = "eve", .remote_address = "10.1.2.3"});

  eve.is_refused(403);
  ana.hears("Welcome on the chat!");
  all_is_quiet();
}

// D-3
TEST_P(ChatStory, TheLogTellsWhenTheServerStartsAndCloses) {
  opens_chat();
  EXPECT_THAT(log_of_chat(), HasSubstr("*** Server started"));
  EXPECT_THAT(log_of_chat(), Not(HasSubstr("*** Server closed")));

  clears("/chat");

  EXPECT_THAT(log_of_chat(), HasSubstr("*** Server closed"));
}

TEST_P(ChatStory, AClientThatVanishesIsMissed) {
  opens_chat();
  auto ana = joins();
  auto bob = joins();
  ana.takes_all();
  bob.takes_all();

  bob.vanishes();

  ana.hears("Client disconnected");
  all_is_quiet();
}

TEST_P(ChatStory, WhenTheProgramEndsEveryClientIsToldSo) {
  opens_chat();
  auto ana = joins();
  auto bob = joins();
  ana.takes_all();
  bob.takes_all();

  ends();

  ana.is_told_goodbye(1001);
  bob.is_told_goodbye(1001);
  EXPECT_THAT(log_of_chat(), HasSubstr("*** Server closed"));
}

} // namespace
