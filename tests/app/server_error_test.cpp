// The one line of the chat's log that a healthy chat never writes. The server error is a real one,
// on a real port: a doorman that throws.

#include "app/chat/doorman.hpp"

#include <callsign/net.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <filesystem>
#include <fstream>
#include <future>
#include <iterator>
#include <memory>
#include <netinet/in.h>
#include <stdexcept>
#include <string>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

namespace {

using testing::ContainsRegex;
using testing::StartsWith;

/// The chat's doorman with a bad day.
class stumbling_doorman final : public callsign::server_handler {
public:
  explicit stumbling_doorman(const program::log_book& log) : real_{{}, log} {}

  void on_open(callsign::websocket_server& wss) override { real_.on_open(wss); }
  callsign::admission on_connection(callsign::websocket_server&,
                                    const callsign::request&) override {
    throw std::runtime_error{"I fell over the step"};
  }
  void on_error(callsign::websocket_server& wss, const callsign::error_event& what) override {
    real_.on_error(wss, what);
  }
  void on_terminate(callsign::websocket_server& wss) override { real_.on_terminate(wss); }

private:
  chat::doorman real_;
};

constexpr callsign::process_variable<callsign::websocket_server> WSS{"WSS"};

/// Asks for a WebSocket and answers what comes back, at most for ten seconds.
std::string knock(std::uint16_t port) {
  const int line = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const timeval limit{.tv_sec = 10, .tv_usec = 0};
  ::setsockopt(line, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  std::string answer;
  if (::connect(line, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
    const std::string request = "GET /chat HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(port) +
                                "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                                "Sec-WebSocket-Version: 13\r\n"
                                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    ::send(line, request.data(), request.size(), MSG_NOSIGNAL);
    char some[4096];
    while (answer.find("\r\n\r\n") == answer.npos) {
      const auto got = ::recv(line, some, sizeof some, 0);
      if (got <= 0)
        break;
      answer.append(some, static_cast<std::size_t>(got));
    }
  }
  ::close(line);
  return answer;
}

TEST(ServerError, IsALineOfTheLog) {
  const auto file = std::filesystem::path{testing::TempDir()} /
                    ("callsign-error-" + std::to_string(::getpid()) + ".txt");
  {
    const program::log_book log{callsign::log_level::info, file.string()};
    callsign::workers workers{{.interrupts = callsign::signals::left_alone}};
    callsign::web_server web{workers, {.port = 0, .addresses = {"127.0.0.1"}}, {.io_threads = 1}};
    ASSERT_TRUE(web.start());
    std::promise<void> made;
    workers.call("WebSocketServer", [&made, log, web = web.ref()](callsign::worker& self) {
      self[WSS] = callsign::websocket_server{
          self, web, std::make_unique<stumbling_doorman>(log), {.path = "/chat"}};
      made.set_value();
    });
    made.get_future().wait();

    EXPECT_THAT(knock(web.port()), StartsWith("HTTP/1.1 500 "));

    workers.interrupt();
    workers.wait_for_interrupt();
  }

  std::ifstream in{file};
  const std::string written{std::istreambuf_iterator<char>{in}, {}};
  std::filesystem::remove(file);
  EXPECT_THAT(written, ContainsRegex("Z   \\*\\*\\* Server started\n"));
  EXPECT_THAT(written, ContainsRegex("Z   !!! Server error: .*I fell over the step"));
  EXPECT_THAT(written, ContainsRegex("Z   \\*\\*\\* Server closed\n"));
}

} // namespace
