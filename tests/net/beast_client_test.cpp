// Against a client that nobody here wrote: Beast's own. The greeting, both kinds of frame, the
// closing handshake both ways, the end of the program, and a refusal. Rules S-13 to S-16, C-5, C-12
// to C-15, S-29, T-14.

#include "tests/net/loopback.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket.hpp>

#include <algorithm>
#include <optional>
#include <string_view>
#include <vector>

namespace {

using namespace callsign;
using namespace callsign::test;
namespace asio = boost::asio;
namespace beast = boost::beast;
namespace websocket = beast::websocket;
using boost_error = beast::error_code;

/// One client; every deed has a limit.
class client {
public:
  /// Dials and shakes hands.
  explicit client(std::uint16_t port, const std::string& path = "/chat") {
    boost_error failed;
    beast::get_lowest_layer(ws_).connect({asio::ip::address_v4::loopback(), port}, failed);
    EXPECT_FALSE(failed) << failed.message();
    ws_.control_callback([this](websocket::frame_type kind, beast::string_view payload) {
      if (kind == websocket::frame_type::pong)
        pongs.emplace_back(payload.data(), payload.size());
    });
    shaken = does([&](auto done) {
      ws_.async_handshake(answer, "127.0.0.1:" + std::to_string(port), path, std::move(done));
    });
  }

  void says(std::string_view text) { says(text, true); }
  void says_binary(std::string_view bytes) { says(bytes, false); }
  void pings(std::string_view payload) {
    EXPECT_FALSE(does([&](auto done) {
      ws_.async_ping(websocket::ping_data{payload.data(), payload.size()}, std::move(done));
    }));
  }

  /// The next message; nothing if the line ends first, and `last` says how.
  std::optional<message> hears() {
    beast::flat_buffer in;
    last = does([&](auto done) { ws_.async_read(in, std::move(done)); });
    if (last)
      return std::nullopt;
    auto bytes = beast::buffers_to_string(in.data());
    return ws_.got_text() ? message{std::move(bytes)} : message::binary(std::move(bytes));
  }

  /// The closing handshake, begun here. @returns how it went
  boost_error leaves(websocket::close_reason why) {
    return does([&](auto done) { ws_.async_close(why, std::move(done)); });
  }
  /// What the server's Close said, once it was read.
  [[nodiscard]] unsigned code_heard() const { return ws_.reason().code; }
  [[nodiscard]] std::string reason_heard() const { return ws_.reason().reason.c_str(); }

  boost_error shaken;
  boost_error last;
  websocket::response_type answer;
  std::vector<std::string> pongs;

private:
  void says(std::string_view bytes, bool is_text) {
    ws_.text(is_text);
    EXPECT_FALSE(does([&](auto done) {
      ws_.async_write(asio::buffer(bytes.data(), bytes.size()), std::move(done));
    }));
  }

  /// Runs one operation to its end, or to the limit.
  template <class Begin>
  boost_error does(Begin begin) {
    std::optional<boost_error> result;
    begin([&](boost_error e, auto...) { result = e; });
    io_.restart();
    io_.run_for(long_enough);
    if (!result) {
      ADD_FAILURE() << "it took too long";
      beast::get_lowest_layer(ws_).close();
      io_.restart();
      io_.run();
    }
    return result.value_or(asio::error::timed_out);
  }

  asio::io_context io_;
  websocket::stream<beast::tcp_stream> ws_{io_};
};

class BeastClient : public testing::TestWithParam<callbacks> {
protected:
  void serves(guest_part guests, loopback_host::decision decides = {}) {
    here.serves(std::make_shared<loopback_host>(std::move(guests), std::move(decides)),
                {.path = "/chat", .type = data_type::as_received, .placement = GetParam()});
  }
  [[nodiscard]] std::uint16_t port() const { return here.web.port(); }

  static guest_part greeting_and_echoing() {
    guest_part does;
    does.opens = [](websocket_connection& ws) { ws.send("Welcome!"); };
    does.hears = [](websocket_connection& ws, const message& heard) { ws.send(heard); };
    return does;
  }
  /// How the next connection ended, as its handler was told.
  termination end_heard() {
    auto next = ended.get_future();
    if (next.wait_for(long_enough) != std::future_status::ready) {
      ADD_FAILURE() << "no on_terminate";
      return {};
    }
    return next.get();
  }

  std::promise<termination> ended; // before the program, whose callbacks use it
  loopback here;
};
INSTANTIATE_TEST_SUITE_P(Placed, BeastClient,
                         testing::Values(callbacks::in_worker, callbacks::in_connection),
                         name_of_placement);

// T-14, C-5
TEST_P(BeastClient, IsGreetedAndHearsItsEchoInTheFramesItUsed) {
  serves(greeting_and_echoing());
  client ana{port()};
  ASSERT_FALSE(ana.shaken) << ana.shaken.message();
  EXPECT_EQ(ana.answer.result_int(), 101u);
  EXPECT_EQ(ana.hears(), message{"Welcome!"});

  ana.says("Grüße");
  EXPECT_EQ(ana.hears(), message{"Grüße"});
  ana.says_binary(std::string("\0\xff\x80", 3));
  EXPECT_EQ(ana.hears(), message::binary(std::string("\0\xff\x80", 3)));
  ana.says("");
  EXPECT_EQ(ana.hears(), message{""});
}

// Beast cuts what it sends at 4 KiB; what we send comes whole.
TEST_P(BeastClient, SaysAndHearsLongMessages) {
  serves(greeting_and_echoing());
  client ana{port()};
  ASSERT_TRUE(ana.hears());
  std::string longest(1024UL * 1024, 'x');
  for (std::size_t i = 0; i < longest.size(); ++i)
    longest[i] = static_cast<char>(i * 31 / 7);

  ana.says_binary(longest);

  EXPECT_EQ(ana.hears(), message::binary(longest));
}

TEST_P(BeastClient, HasItsPingsAnswered) {
  serves(greeting_and_echoing());
  client ana{port()};
  ASSERT_TRUE(ana.hears());

  ana.pings("one");
  ana.pings("");
  ana.says("two");

  EXPECT_EQ(ana.hears(), message{"two"});
  EXPECT_THAT(ana.pongs, testing::ElementsAre("one", ""));
}

// C-18, C-19: the client begins the closing handshake, and we finish it with its code.
TEST_P(BeastClient, MayCloseAndIsAnswered) {
  for (const auto& [why, code, reason] :
       std::vector<std::tuple<websocket::close_reason, int, std::optional<std::string>>>{
           {websocket::close_code::normal, 1000, "closed normally"},
           {websocket::close_reason{websocket::close_code{4711}, "enough"}, 4711, "enough"},
           {websocket::close_code::none, 1005, std::nullopt}}) {
    ended = {};
    auto guests = greeting_and_echoing();
    guests.ends = [this](websocket_connection&, const termination& how) { ended.set_value(how); };
    serves(guests);
    client ana{port()};
    ASSERT_TRUE(ana.hears());

    EXPECT_FALSE(ana.leaves(why)) << "the handshake is completed";

    const auto how = end_heard();
    EXPECT_EQ(how.code, code);
    EXPECT_EQ(how.reason, reason);
    here.web.stop();
  }
}

// C-12, C-13, T-19: we begin it; what was said before still goes out, and the client's answer ends
// it without an error.
TEST_P(BeastClient, IsToldGoodbyeBehindTheLastWord) {
  auto guests = greeting_and_echoing();
  guests.hears = [](websocket_connection& ws, const message&) {
    ws.send("the last word");
    ws.terminate(4000, "enough for today");
  };
  guests.ends = [this](websocket_connection&, const termination& how) { ended.set_value(how); };
  serves(guests);
  client ana{port()};
  ASSERT_TRUE(ana.hears());

  ana.says("go");

  EXPECT_EQ(ana.hears(), message{"the last word"});
  EXPECT_FALSE(ana.hears());
  EXPECT_EQ(ana.last, websocket::error::closed) << ana.last.message();
  EXPECT_EQ(ana.code_heard(), 4000u);
  EXPECT_EQ(ana.reason_heard(), "enough for today");
  EXPECT_EQ(end_heard().code, 4000) << "it answered, so this is no 1006";
}

// C-14: without a code the Close is empty.
TEST_P(BeastClient, IsToldGoodbyeWithoutACode) {
  auto guests = greeting_and_echoing();
  guests.hears = [](websocket_connection& ws, const message&) { ws.terminate(); };
  serves(guests);
  client ana{port()};
  ASSERT_TRUE(ana.hears());

  ana.says("go");

  EXPECT_FALSE(ana.hears());
  EXPECT_EQ(ana.last, websocket::error::closed) << ana.last.message();
  EXPECT_EQ(ana.code_heard(), 0u);
}

// S-29, S-30, design section 7: 1000 when the web server is stopped, 1001 when the program ends.
TEST_P(BeastClient, IsTold1000WhenTheWebServerStopsAnd1001WhenTheProgramEnds) {
  for (const unsigned code : {1000u, 1001u}) {
    serves(greeting_and_echoing());
    client ana{port()};
    client bob{port()};
    for (auto* who : {&ana, &bob})
      ASSERT_TRUE(who->hears());

    auto stopped =
        std::async(std::launch::async, [&] { code == 1000u ? here.web.stop() : here.set.stop(); });

    for (auto* who : {&ana, &bob}) {
      EXPECT_FALSE(who->hears());
      EXPECT_EQ(who->last, websocket::error::closed) << who->last.message();
      EXPECT_EQ(who->code_heard(), code);
    }
    EXPECT_EQ(stopped.wait_for(long_enough), std::future_status::ready);
    EXPECT_FALSE(here.web.is_running());
  }
}

// S-14, S-16, H-12: nothing refuses with 403 before there is a WebSocket; `refuse` names another.
TEST_P(BeastClient, IsRefusedWithAnHttpStatus) {
  serves({}, [](const request& asked) -> admission {
    if (asked.query.contains("who"))
      return refuse(401, "who are you?");
    return nullptr;
  });

  client ana{port()};
  EXPECT_EQ(ana.shaken, websocket::error::upgrade_declined) << ana.shaken.message();
  EXPECT_EQ(ana.answer.result_int(), 403u);
  client bob{port(), "/chat?who"};
  EXPECT_EQ(bob.shaken, websocket::error::upgrade_declined) << bob.shaken.message();
  EXPECT_EQ(bob.answer.result_int(), 401u);
  client eve{port(), "/nowhere"};
  EXPECT_EQ(eve.answer.result_int(), 404u);
  EXPECT_EQ(here.web.counters()[counter::connections_opened], 0u);
}

// W-73: everybody hears the same in the same order.
TEST_P(BeastClient, HearsWhatTheOthersHearInOneOrder) {
  auto guests = greeting_and_echoing();
  guests.hears = [](websocket_connection& ws, const message& heard) {
    ws.server().broadcast(heard);
  };
  serves(guests);
  client ana{port()};
  client bob{port()};
  for (auto* who : {&ana, &bob})
    ASSERT_EQ(who->hears(), message{"Welcome!"});
  constexpr int words = 50;

  for (int i = 0; i < words; ++i) {
    ana.says("ana " + std::to_string(i));
    bob.says("bob " + std::to_string(i));
  }

  std::vector<std::string> of_ana;
  std::vector<std::string> of_bob;
  for (int i = 0; i < 2 * words; ++i) {
    const auto one = ana.hears();
    const auto other = bob.hears();
    ASSERT_TRUE(one && other);
    of_ana.emplace_back(one->text());
    of_bob.emplace_back(other->text());
  }
  EXPECT_EQ(of_ana, of_bob);
  EXPECT_EQ(std::ranges::count_if(of_ana, [](const auto& m) { return m.starts_with("ana "); }),
            words);
}

} // namespace
