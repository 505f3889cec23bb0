// The web server as an application has it, on real sockets: rules H-1, H-3 to H-5, H-9, H-10 and
// S-25.

#include "tests/net/loopback.hpp"
#include "tests/net/raw_client.hpp"

namespace {

using namespace callsign;
using namespace callsign::test;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class WebServer : public testing::Test {
protected:
  static web_server_options at(std::uint16_t port) {
    return {.port = port, .addresses = {"127.0.0.1"}};
  }
  workers set{{.interrupts = signals::left_alone}};
  network io{set, {.io_threads = 1}};
};

http_answer get(std::uint16_t port, const std::string& path) {
  raw_client ana{port};
  ana.send("GET " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  return read_answer(ana);
}

// H-1, H-5, H-9: each address that could not be taken has its error, and none of them is taken.
TEST_F(WebServer, AStartThatFailsNamesEachAddressThatIsTaken) {
  web_server first{io, {.port = 0, .addresses = {"127.0.0.1", "127.0.0.3"}}};
  ASSERT_TRUE(first.start());
  const auto taken = first.port();
  web_server second{io, {.port = taken, .addresses = {"127.0.0.1", "127.0.0.2", "127.0.0.3"}}};

  const auto result = second.start();

  EXPECT_FALSE(result);
  ASSERT_EQ(result.errors.size(), 2u);
  EXPECT_THAT(result.errors[0].attempted,
              AllOf(HasSubstr("127.0.0.1"), HasSubstr(std::to_string(taken))));
  EXPECT_THAT(result.errors[1].attempted, HasSubstr("127.0.0.3"));
  for (const auto& one : result.errors) {
    EXPECT_EQ(one.code, std::errc::address_in_use);
    EXPECT_FALSE(one.message().empty());
  }
  EXPECT_FALSE(second.is_running());
  EXPECT_THROW((raw_client{taken, "127.0.0.2"}), std::runtime_error) << "nothing is half open";

  first.stop();
  EXPECT_TRUE(second.start()) << "and the next start begins afresh";
  EXPECT_EQ(get(taken, "/").status, 404);
}

// H-1: a root that is no folder.
TEST_F(WebServer, AStartWithoutItsFolderFails) {
  auto how = at(0);
  how.root = "/no/such/folder";
  web_server web{io, how};

  const auto result = web.start();

  EXPECT_FALSE(result);
  ASSERT_EQ(result.errors.size(), 1u);
  EXPECT_THAT(result.errors[0].message(), HasSubstr("/no/such/folder"));
}

// H-3, H-5: what is given to start is served until stop; port and URLs are those in use.
TEST_F(WebServer, OptionsGivenToStartAreServedUntilStop) {
  auto stored = at(0);
  stored.files = {{"/index.html", "stored", {}}};
  web_server web{io, stored};
  EXPECT_THAT(web.urls(), IsEmpty());
  web_server_options for_now{.port = 0, .addresses = {"127.0.0.1", "127.0.0.2"}};
  for_now.files = {{"/index.html", "for now", {}}};

  ASSERT_TRUE(web.start(for_now));
  const auto port = std::to_string(web.port());
  EXPECT_NE(web.port(), 0);
  EXPECT_EQ(web.options().port, web.port());
  EXPECT_THAT(web.urls(),
              ElementsAre("http://127.0.0.1:" + port + "/", "http://127.0.0.2:" + port + "/"));
  EXPECT_EQ(get(web.port(), "/").body, "for now");

  web.stop();
  EXPECT_EQ(web.port(), 0);
  EXPECT_THAT(web.urls(), IsEmpty());
  EXPECT_EQ(web.options().port, 0);
  EXPECT_THAT(web.options().addresses, ElementsAre("127.0.0.1"));

  ASSERT_TRUE(web.start());
  EXPECT_EQ(get(web.port(), "/").body, "stored");
  EXPECT_THAT(web.urls(), ElementsAre("http://127.0.0.1:" + std::to_string(web.port()) + "/"));
}

/// Whether nobody listens there any more, within the limit.
bool becomes_deaf(std::uint16_t port) {
  const auto until = std::chrono::steady_clock::now() + long_enough;
  while (std::chrono::steady_clock::now() < until) {
    try {
      raw_client one_more{port};
    } catch (const std::runtime_error&) {
      return true;
    }
  }
  return false;
}

// H-4: nobody new comes in, who is being answered gets all of it, and only then has it stopped.
TEST_F(WebServer, AStopLetsAnswersInProgressFinish) {
  const std::string large(std::size_t{32} << 20, 'x'); // more than the sockets' buffers take
  auto how = at(0);
  how.files = {{"/large", large, "text/plain"}};
  how.stop_deadline = long_enough;
  web_server web{io, how};
  ASSERT_TRUE(web.start());
  const auto there = web.port();
  raw_client ana{there};
  ana.send("GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n");
  ASSERT_THAT(ana.read_until("\r\n\r\n"), HasSubstr(" 200 "));

  auto stopped = std::async(std::launch::async, [&] { web.stop(); });

  EXPECT_TRUE(becomes_deaf(there));
  EXPECT_EQ(stopped.wait_for(std::chrono::seconds{0}), std::future_status::timeout);
  EXPECT_EQ(ana.read_exactly(large.size()).size(), large.size());
  EXPECT_TRUE(ana.is_closed());
  EXPECT_EQ(stopped.wait_for(long_enough), std::future_status::ready);
}

// H-10, S-25: an upgrade request reaches the server on its path, whatever file is there; every
// other request for that path gets the file, and an upgrade request that no server matches is an
// ordinary one.
TEST(WebRouting, AServerAndAFileMayShareAPath) {
  loopback here;
  ASSERT_TRUE(here.web.start(web_server_options{
      .port = 0,
      .addresses = {"127.0.0.1"},
      .files = {{"/chat", "the file at the path", {}}, {"/other", "another file", {}}}}));
  guest_part guests;
  guests.opens = [](websocket_connection& ws) { ws.send("the server at the path"); };
  here.serves(std::make_shared<loopback_host>(guests), {.path = "/chat"});
  const auto port = here.web.port();

  raw_client ana{port};
  ana.send(good_handshake("/chat"));
  EXPECT_THAT(ana.read_until("\r\n\r\n"), HasSubstr(" 101 "));
  EXPECT_EQ(read_frame(ana).payload, "the server at the path");
  const auto file = get(port, "/chat");
  EXPECT_EQ(file.status, 200);
  EXPECT_EQ(file.body, "the file at the path");

  raw_client bob{port};
  bob.send(good_handshake("/other"));
  const auto other = read_answer(bob);
  EXPECT_EQ(other.status, 200);
  EXPECT_EQ(other.body, "another file");
  raw_client eve{port};
  eve.send(good_handshake("/none"));
  EXPECT_EQ(read_answer(eve).status, 404);
  EXPECT_EQ(here.web.counters()[counter::upgrades_asked], 1u);

  // When the server has gone, the file is what is left.
  here.set.call("WebSocketServer", [](worker& self) { self[WSS] = websocket_server{}; });
  EXPECT_EQ(read_frame(ana).close_code(), 1000u);
  ana.send(client_close(1000));
  EXPECT_TRUE(ana.is_closed());
  const auto until = std::chrono::steady_clock::now() + long_enough;
  int status = 503;
  while (status == 503 && std::chrono::steady_clock::now() < until) {
    raw_client dan{port};
    dan.send(good_handshake("/chat"));
    status = read_answer(dan).status;
  }
  EXPECT_EQ(status, 200);
}

} // namespace
