// Which server a client reaches: rules S-20 to S-25, scenario T-12.

#include "tests/app/story_cast.hpp"

namespace {

using namespace stories;

/// A server that greets with its own path.
class Paths : public HouseStory {
protected:
  void opens_at(const std::string& path, where at = where::current()) {
    guests.opens = [path](websocket_connection& ws) {
      ws.send("this is " + (path.empty() ? "everything" : path));
    };
    opens_house({.path = path}, "WebSocketServer", at);
  }
  void reaches(const std::string& url, const std::string& path, where at = where::current()) {
    auto someone = joins_as({.url = url}, at);
    someone.hears("this is " + path, at);
    someone.leaves(1000, {}, at);
  }
};

// T-12, S-20, S-21
TEST_F(Paths, ASecondServerOnAPathFailsUntilTheFirstHasTerminated) {
  const auto first = opens_house();
  std::string said;
  const auto makes_another = [&](worker& self) {
    try {
      websocket_server second{
          self, web().ref(), std::make_shared<host>(notes, hosts, guests), {.path = "/chat/"}};
      said = "made";
    } catch (const failure& e) {
      said = e.what();
      EXPECT_EQ(e.code(), errc::path_in_use);
    }
  };

  calls("another", makes_another);
  EXPECT_THAT(said, HasSubstr("-10718"));

  // Until the first one's on_terminate has run, the path is taken.
  auto ana = joins();
  ana.ignores_goodbyes();
  first.terminate();
  calls("another", makes_another);
  EXPECT_THAT(said, HasSubstr("-10718"));
  EXPECT_FALSE(first.is_terminated());

  passes(6s);
  EXPECT_TRUE(first.is_terminated());
  calls("another", makes_another);
  EXPECT_EQ(said, "made");
  ana.takes_all();
  all_is_quiet();
}

// The same with connections that run their own callbacks: the failed server leaves no actor behind.
TEST_F(Paths, AServerThatFailsLeavesNothingBehind) {
  opens_house();
  calls("another", [&](worker& self) {
    EXPECT_THROW(websocket_server(self, web().ref(), std::make_shared<host>(notes, hosts, guests),
                                  {.path = "/chat", .placement = callbacks::in_connection}),
                 failure);
  });

  EXPECT_THAT(notes.takes(), ElementsAre("server open"));
  auto ana = joins();
  EXPECT_TRUE(ana.is_admitted());
  all_is_quiet();
}

// S-22
TEST_F(Paths, AServerWithoutPathTakesEveryRequest) {
  opens_at("");

  reaches("/", "everything");
  reaches("/ws", "everything");
  reaches("/a/b?c=d", "everything");
  all_is_quiet();
}

// S-23
TEST_F(Paths, PathsAreComparedDecodedWithoutQueryAndOneTrailingSlash) {
  opens_at("/caf%C3%A9/");

  reaches("/café", "/caf%C3%A9/");
  reaches("/caf%c3%a9?x=1", "/caf%C3%A9/");
  reaches("/café/", "/caf%C3%A9/");
  joins_as({.url = "/CAFé"}).is_refused(404);
  joins_as({.url = "/café/x"}).is_refused(404);
  all_is_quiet();
}

// S-24: exact, then the longest prefix, then the one without path.
TEST_F(Paths, TheMostSpecificServerWins) {
  opens_at("");
  opens_at("/*");
  opens_at("/rooms/*");
  opens_at("/rooms/big/*");
  opens_at("/rooms/big");

  reaches("/rooms/big", "/rooms/big");
  reaches("/rooms/big/1", "/rooms/big/*");
  reaches("/rooms/small", "/rooms/*");
  reaches("/rooms", "/rooms/*");
  reaches("/roomservice", "/*");
  reaches("/other", "/*");
  all_is_quiet();
}

// S-24: two without path collide.
TEST_F(Paths, TwoServersWithoutPathCollide) {
  opens_at("");

  calls("another", [&](worker& self) {
    EXPECT_THROW(
        websocket_server(self, web().ref(), std::make_shared<host>(notes, hosts, guests), {}),
        failure);
  });

  all_is_quiet();
}

// S-25
TEST_F(Paths, ARequestThatMatchesNoServerIsOrdinaryHttp) {
  opens_at("/chat");

  joins_as({.url = "/other"}).is_refused(404);

  EXPECT_EQ(counters()[counter::upgrades_asked], 0u);
  all_is_quiet();
}

} // namespace
