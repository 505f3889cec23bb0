// T-22 and T-23: variant B of the chat (section 6 of the 4D rules), with names and colours in an
// HTML paragraph.

#include "net/src/rules/http_text.hpp"
#include "tests/app/story_cast.hpp"

#include <array>

namespace {

using namespace stories;

/// `<p style="color:blue">Client1: hello</p>`; user text is escaped on its way out (D-10).
std::string paragraph(std::string_view colour, std::string_view text) {
  return "<p style=\"color:" + std::string{colour} + "\">" + rules::escape_html(text) + "</p>";
}

class client_of_b final : public connection_handler {
public:
  client_of_b(diary& log, std::string name, std::string colour, std::string address)
      : log_{log}, name_{std::move(name)}, colour_{std::move(colour)}, address_{
                                                                           std::move(address)} {}

  void on_open(websocket_connection& ws) override {
    ws.send(paragraph("red", "Welcome on the chat!"));
    tell_others(ws, name_ + " connected!");
    log_.note("New client connected: " + name_ + " - " + address_);
  }
  void on_message(websocket_connection& ws, const message& heard) override {
    tell_others(ws, name_ + ": " + std::string{heard.text()});
  }
  void on_error(websocket_connection&, const error_event& what) override {
    log_.note("*** Error: " + name_ + " - " + address_ + " - " +
              std::to_string(what.errors.front().code));
  }
  void on_terminate(websocket_connection& ws, const termination& how) override {
    tell_others(ws, name_ + " disconnected!");
    log_.note("Connection closed: " + name_ + " - " + address_ +
              " - code: " + std::to_string(how.code) + ' ' + how.reason.value_or(""));
  }

private:
  void tell_others(websocket_connection& ws, const std::string& text) const {
    // D-6, as the vendor's demo writes it: a loop over the connections, in their order.
    for (auto& other : ws.server().connections()) {
      if (other.id() != ws.id())
        other.send(paragraph(colour_, text));
    }
  }

  diary& log_;
  const std::string name_;
  const std::string colour_;
  const std::string address_;
};

/// D-4, D-5, D-8: counts the clients from 1 and gives each a name and a colour.
class host_of_b final : public server_handler {
public:
  explicit host_of_b(diary& log) : log_{log} {}

  void on_open(websocket_server&) override { log_.note("*** Server started"); }
  admission on_connection(websocket_server&, const request& asked) override {
    static constexpr std::array colours{"aqua",   "blue", "fuchsia", "gray",   "green",  "lime",
                                        "maroon", "navy", "olive",   "purple", "silver", "teal"};
    log_.note("*** New connection request from: " + asked.remote_address);
    ++count;
    return std::make_unique<client_of_b>(log_, "Client" + std::to_string(count),
                                         colours[count % colours.size()], asked.remote_address);
  }
  void on_error(websocket_server&, const error_event& what) override {
    log_.note("!!! Server error: " + std::string{what.status_text()});
  }
  void on_terminate(websocket_server&) override { log_.note("*** Server closed"); }

  std::size_t count = 0;

private:
  diary& log_;
};

class VariantB : public testing::Test, public stage, public testing::WithParamInterface<callbacks> {
protected:
  // The vendor's demo has its socket at "/", on a server without a path.
  VariantB() : stage{{.url = "/"}} {}
  void TearDown() override { ends(); }
  void opens(where at = where::current()) {
    serves(std::make_shared<host_of_b>(log), {.placement = GetParam()}, "WebSocketServer", at);
  }

  diary log;
};
INSTANTIATE_TEST_SUITE_P(Placed, VariantB, both_placements(), name_of_placement);

// T-22, D-1 to D-9: the worked sequence of section 6.3, step by step.
TEST_P(VariantB, TheWorkedSequenceIsHeardFrameByFrame) {
  opens();
  EXPECT_THAT(log.takes(), ElementsAre("*** Server started"));

  auto ana = joins_as({.remote_address = "192.168.0.1"});
  ana.hears("<p style=\"color:red\">Welcome on the chat!</p>");
  EXPECT_THAT(log.takes(), ElementsAre("*** New connection request from: 192.168.0.1",
                                       "New client connected: Client1 - 192.168.0.1"));

  auto bob = joins_as({.remote_address = "192.168.0.2"});
  bob.hears("<p style=\"color:red\">Welcome on the chat!</p>");
  ana.hears("<p style=\"color:fuchsia\">Client2 connected!</p>");
  log.takes();

  ana.says("hello");
  bob.hears("<p style=\"color:blue\">Client1: hello</p>");
  ana.hears_nothing();

  bob.leaves(1001);
  ana.hears("<p style=\"color:fuchsia\">Client2 disconnected!</p>");
  EXPECT_THAT(log.takes(),
              ElementsAre("*** Error: Client2 - 192.168.0.2 - 1001",
                          HasSubstr("Connection closed: Client2 - 192.168.0.2 - code: 1001 ")));

  calls("WebSocketServer", [](worker& self) { self[servers].front().second.terminate(); });
  ana.is_told_goodbye(1000);
  EXPECT_THAT(log.takes(),
              ElementsAre(HasSubstr("Connection closed: Client1 - 192.168.0.1 - code: 1000 "),
                          "*** Server closed"));
  EXPECT_TRUE(workers().number_of("WebSocketServer") > 0);

  // Step 18: the worker lives on, its variable still set; another "create server" works.
  opens();
  auto eve = joins();
  eve.hears("<p style=\"color:red\">Welcome on the chat!</p>");
  all_is_quiet();
}

// Section 6.3, last lines: the leave notice of the first goes to a connection that is closing
// itself (S-32, C-10).
TEST_P(VariantB, WithTwoLeftBothAreClosedInOrder) {
  opens();
  auto ana = joins();
  auto bob = joins();
  ana.takes_all();
  bob.takes_all();
  log.takes();

  calls("WebSocketServer", [](worker& self) { self[servers].front().second.terminate(); });

  ana.is_told_goodbye(1000);
  bob.is_told_goodbye(1000);
  const auto noted = log.takes();
  if (GetParam() == callbacks::in_worker) {
    EXPECT_THAT(noted, ElementsAre(HasSubstr("Connection closed: Client1"),
                                   HasSubstr("Connection closed: Client2"), "*** Server closed"));
  } else { // each ends by itself; the server is last all the same
    ASSERT_EQ(noted.size(), 3u);
    EXPECT_THAT(noted, Contains(HasSubstr("Connection closed: Client1")));
    EXPECT_THAT(noted, Contains(HasSubstr("Connection closed: Client2")));
    EXPECT_EQ(noted.back(), "*** Server closed");
  }
  all_is_quiet();
}

// D-5: Client11 is teal, Client12 is aqua.
TEST_P(VariantB, TheTwelfthClientHasTheFirstColour) {
  opens();
  std::vector<client> all;
  for (int i = 0; i < 11; ++i)
    all.push_back(joins());
  all.front().takes_all();

  joins().takes_all();
  all.front().hears("<p style=\"color:aqua\">Client12 connected!</p>");
  for (auto& one : all)
    one.takes_all();

  all[10].says("me");
  all[0].hears("<p style=\"color:teal\">Client11: me</p>");
  for (auto& one : all)
    one.takes_all();
}

// T-23, D-10: with markup of its own, the server escapes what users say.
TEST_P(VariantB, WhatUsersSayIsEscaped) {
  opens();
  auto ana = joins();
  auto bob = joins();
  ana.takes_all();
  bob.takes_all();

  ana.says("<script>alert('x')</script> & more");

  bob.hears("<p style=\"color:blue\">Client1: &lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; "
            "&amp; more</p>");
  all_is_quiet();
}

} // namespace
