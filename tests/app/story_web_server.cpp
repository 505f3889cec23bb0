// The web server's own life, as an application sees it: rules H-1 to H-5.

#include "tests/app/story_cast.hpp"

namespace {

using namespace stories;

class WebServer : public testing::Test, public stage {
protected:
  WebServer() : stage{{.has_web_server = false}} {}
  void TearDown() override { ends(); }

  /// Everything an error has to tell (H-1).
  static void is_whole(const error& what) {
    EXPECT_TRUE(what.code);
    EXPECT_THAT(what.attempted, Not(IsEmpty()));
    EXPECT_THAT(what.remedy, Not(IsEmpty()));
  }
};

// H-1, H-5
TEST_F(WebServer, ASuccessfulStartHasNoErrors) {
  web_server web{network(), {.port = 9000}};

  const auto result = web.start();

  EXPECT_TRUE(result.success);
  EXPECT_TRUE(result);
  EXPECT_THAT(result.errors, IsEmpty());
  EXPECT_TRUE(web.is_running());
  EXPECT_TRUE(web.ref().is_running());
}

// H-1, H-9
TEST_F(WebServer, AStartThatFailsSaysWhyAndLeavesTheServerStopped) {
  web_server first{network(), {.port = 9000}};
  web_server second{network(), {.port = 9000, .index = "stored.html"}};
  ASSERT_TRUE(first.start());

  const auto result = second.start();

  EXPECT_FALSE(result.success);
  EXPECT_FALSE(result);
  ASSERT_EQ(result.errors.size(), 1u);
  is_whole(result.errors.front());
  EXPECT_THAT(result.errors.front().attempted, HasSubstr("9000"));
  EXPECT_FALSE(second.is_running());
  EXPECT_EQ(second.port(), 0);
  EXPECT_EQ(second.options().index, "stored.html");
  EXPECT_TRUE(first.is_running());

  first.stop();
  EXPECT_TRUE(second.start());
}

// H-2
TEST_F(WebServer, StartingAStartedServerIsAnErrorAndNoRestart) {
  web_server web{network(), {.port = 9000}};
  ASSERT_TRUE(web.start());

  const auto again = web.start();
  const auto elsewhere = web.start(web_server_options{.port = 9001});

  for (const auto& result : {again, elsewhere}) {
    EXPECT_FALSE(result.success);
    ASSERT_EQ(result.errors.size(), 1u);
    is_whole(result.errors.front());
    EXPECT_EQ(result.errors.front().code, errc::web_server_running);
    EXPECT_THAT(result.errors.front().message(), HasSubstr("stop it first"));
  }
  EXPECT_EQ(web.port(), 9000);
  EXPECT_EQ(web.options().port, 9000);
  joins_as({.port = 9000}).is_refused(404);
  joins_as({.port = 9001}).finds_nobody();
}

// H-2: neither is a server that has not stopped yet started; a clean stop is waited for.
TEST_F(WebServer, AServerThatIsStillStoppingCannotBeStarted) {
  web_server web{network(), {.port = 9000}};
  ASSERT_TRUE(web.start());

  calls("somebody", [&] {
    web.stop(); // in a worker it returns at once
    const auto result = web.start();
    EXPECT_FALSE(result);
    ASSERT_EQ(result.errors.size(), 1u);
    EXPECT_EQ(result.errors.front().code, errc::web_server_running);
    EXPECT_THAT(result.errors.front().message(), HasSubstr("still stopping"));
  });

  EXPECT_FALSE(web.is_running());
  EXPECT_TRUE(web.start());
}

// H-3
TEST_F(WebServer, OptionsGivenToStartReplaceTheStoredOnesUntilStop) {
  web_server web{network(), {.port = 9000, .index = "stored.html", .max_headers = 7}};

  ASSERT_TRUE(web.start(web_server_options{.port = 9001, .index = "now.html"}));
  EXPECT_EQ(web.port(), 9001);
  EXPECT_EQ(web.options().index, "now.html");
  EXPECT_EQ(web.options().max_headers, web_server_options{}.max_headers);
  joins_as({.port = 9001}).is_refused(404);
  joins_as({.port = 9000}).finds_nobody();

  web.stop();
  EXPECT_EQ(web.options().port, 9000);
  EXPECT_EQ(web.options().index, "stored.html");
  EXPECT_EQ(web.options().max_headers, 7u);

  ASSERT_TRUE(web.start());
  joins_as({.port = 9000}).is_refused(404);
  joins_as({.port = 9001}).finds_nobody();
}

// H-3: what a start that fails was given is forgotten, too.
TEST_F(WebServer, OptionsGivenToAStartThatFailsAreForgotten) {
  web_server first{network(), {.port = 9000}};
  web_server second{network(), {.port = 9001, .index = "stored.html"}};
  ASSERT_TRUE(first.start());

  ASSERT_FALSE(second.start(web_server_options{.port = 9000, .index = "now.html"}));

  EXPECT_EQ(second.options().port, 9001);
  EXPECT_EQ(second.options().index, "stored.html");
  ASSERT_TRUE(second.start());
  EXPECT_EQ(second.port(), 9001);
}

// H-4
TEST_F(WebServer, StoppingAStoppedServerDoesNothing) {
  web_server web{network(), {.port = 9000}};
  web.stop();
  web.ref().stop();
  EXPECT_FALSE(web.is_running());

  ASSERT_TRUE(web.start());
  web.stop();
  web.stop();

  EXPECT_FALSE(web.is_running());
  EXPECT_TRUE(web.start());
}

// H-5
TEST_F(WebServer, BeforeTheStartItShowsTheNextOptionsAndAfterItThoseInUse) {
  web_server web{network(), {.port = 0}};
  EXPECT_EQ(web.options().port, 0) << "the next start takes a free port";
  EXPECT_EQ(web.port(), 0);
  EXPECT_EQ(web.ref().port(), 0);
  EXPECT_THAT(web.urls(), IsEmpty());

  ASSERT_TRUE(web.start());
  const auto port = web.port();
  EXPECT_NE(port, 0);
  EXPECT_EQ(web.options().port, port) << "the one in use";
  EXPECT_EQ(web.ref().port(), port);
  EXPECT_THAT(web.urls(), ElementsAre("http://127.0.0.1:" + std::to_string(port) + "/"));

  web.stop();
  EXPECT_EQ(web.options().port, 0);
  EXPECT_EQ(web.port(), 0);
  EXPECT_EQ(web.ref().port(), 0);
  EXPECT_THAT(web.urls(), IsEmpty());
}

// The address of no web server, and of one that is gone.
TEST_F(WebServer, AnAddressIsSafeBeforeAndAfter) {
  const web_server_ref nobody;
  EXPECT_FALSE(nobody.is_running());
  EXPECT_EQ(nobody.port(), 0);
  nobody.stop();

  auto web = std::make_unique<web_server>(network(), web_server_options{.port = 9000});
  ASSERT_TRUE(web->start());
  const auto address = web->ref();
  web.reset();
  EXPECT_FALSE(address.is_running());
  EXPECT_EQ(address.port(), 0);
  address.stop();
}

} // namespace
