// One order for all over real threads, with everything mixed: design section 6, rules W-73, C-7,
// C-12, scenario T-16. The same with every interleaving is in tests/app/story_order.cpp.

#include "tests/net/loopback.hpp"
#include "tests/net/raw_client.hpp"

#include <algorithm>
#include <string>
#include <vector>

namespace {

using namespace callsign;
using namespace callsign::test;

class RealOrder : public testing::TestWithParam<callbacks> {
protected:
  raw_client joins() {
    raw_client who{here.web.port()};
    who.send(good_handshake("/chat"));
    EXPECT_NE(who.read_until("\r\n\r\n").find(" 101 "), std::string::npos);
    greeting = read_frame(who).payload;
    return who;
  }
  std::string greeting; ///< of the last to join
  loopback here;
};
INSTANTIATE_TEST_SUITE_P(Placed, RealOrder,
                         testing::Values(callbacks::in_worker, callbacks::in_connection),
                         name_of_placement);

/// "3:17 all", "3:17 -1 -2 -3": to everybody, or to all but those. "3:17 own": to the speaker,
/// around a broadcast. "3:17 bye": a broadcast, a word to the speaker, and its end.
guest_part mixed() {
  guest_part does;
  does.opens = [](websocket_connection& ws) { ws.send("hi " + std::to_string(ws.id())); };
  does.hears = [](websocket_connection& ws, const message& heard) {
    const std::string said{heard.text()};
    if (said.ends_with(" own")) {
      ws.send("before " + said);
      ws.server().broadcast(said);
      ws.send("behind " + said);
    } else if (said.ends_with(" bye")) {
      ws.server().broadcast(said);
      ws.send("behind " + said);
      ws.terminate(4000, said);
      EXPECT_EQ(ws.send("too late"), send_result::closed);
    } else {
      std::vector<connection_id> left_out;
      for (auto at = said.find(" -"); at != std::string::npos; at = said.find(" -", at + 1))
        left_out.push_back(std::stoul(said.substr(at + 2)));
      ws.server().broadcast(said, except(left_out));
    }
  };
  return does;
}

std::vector<std::string> broadcasts_in(const std::vector<std::string>& heard) {
  std::vector<std::string> all;
  std::ranges::copy_if(heard, std::back_inserter(all), [](const auto& m) {
    return !m.starts_with("before ") && !m.starts_with("behind ");
  });
  return all;
}

bool leaves_out(const std::string& said, std::size_t who) {
  return (said + ' ').find(" -" + std::to_string(who) + ' ') != std::string::npos;
}

/// Everything until the line's Close, which is the last entry: "goodbye 4000 the reason".
std::vector<std::string> hears_to_the_end(raw_client& who) {
  std::vector<std::string> all;
  for (;;) {
    const auto frame = read_frame(who, std::chrono::seconds{20});
    if (frame.first_byte == 0x88) {
      all.push_back("goodbye " + std::to_string(frame.close_code()) + ' ' +
                    (frame.payload.size() > 2 ? frame.payload.substr(2) : std::string{}));
      who.send(client_close(frame.close_code()));
      return all;
    }
    if (frame.first_byte == 0) {
      ADD_FAILURE() << "no goodbye behind " << all.size() << " messages";
      return all;
    }
    all.push_back(frame.payload);
  }
}

// Broadcasts to all and to some, sends around them, and ends of connections, by speakers on both
// I/O threads at the same time: everybody hears a part of one sequence, without what it is left out
// of.
TEST_P(RealOrder, ExclusionsSendsAndTerminatesKeepOneOrderForAll) {
  constexpr std::size_t people = 6; // 0 is the witness, the last two leave in the middle
  constexpr int words = 120;
  here.serves(std::make_shared<loopback_host>(mixed()),
              {.path = "/chat", .placement = GetParam(), .max_queued_bytes = 64UL * 1024 * 1024});
  std::vector<raw_client> clients;
  for (std::size_t who = 0; who < people; ++who) {
    clients.push_back(joins());
    ASSERT_EQ(greeting, "hi " + std::to_string(who));
  }

  for (int i = 0; i < words; ++i) {
    for (std::size_t who = 0; who < people; ++who) {
      const auto begin = std::to_string(who) + ':' + std::to_string(i);
      const bool leaves = who + 2 >= people;
      if (leaves && i > words / 2)
        continue;
      std::string rest = " all";
      if (leaves && i == words / 2)
        rest = " bye";
      else if ((i + static_cast<int>(who)) % 3 == 1)
        rest = " own";
      else if ((i + static_cast<int>(who)) % 3 == 2)
        for (std::size_t left = 1 + who % 2; left < people; left += 2)
          rest += " -" + std::to_string(left);
      clients[who].send(client_frame(0x81, begin + rest));
    }
  }
  // The end of it all is said by the witness, behind its last word; and the two who leave.
  std::vector<std::vector<std::string>> heard(people);
  for (const auto who : {people - 2, people - 1})
    heard[who] = hears_to_the_end(clients[who]);
  clients[0].send(client_frame(0x81, "0:" + std::to_string(words) + " all"));
  // Everybody's own last word comes back to them, so that all is said when the server ends.
  for (std::size_t who = 0; who + 2 < people; ++who) {
    const auto last = std::to_string(who) + ":last own";
    clients[who].send(client_frame(0x81, last));
    do {
      heard[who].push_back(read_frame(clients[who], std::chrono::seconds{20}).payload);
    } while (heard[who].back() != "behind " + last && !heard[who].back().empty());
    ASSERT_FALSE(heard[who].back().empty()) << who << " misses its last word";
  }
  here.set.call("WebSocketServer", [](worker& self) { self[WSS].terminate(); });
  for (std::size_t who = 0; who + 2 < people; ++who) {
    const auto rest = hears_to_the_end(clients[who]);
    heard[who].insert(heard[who].end(), rest.begin(), rest.end());
    EXPECT_EQ(heard[who].back(), "goodbye 1000 ");
    heard[who].pop_back();
  }

  const auto whole = broadcasts_in(heard[0]);
  for (std::size_t who = 0; who < people; ++who) {
    const bool left = who + 2 >= people;
    auto its = heard[who];
    if (left) {
      // What was said before its goodbye was heard before it, and nothing behind it.
      const auto last = std::to_string(who) + ':' + std::to_string(words / 2) + " bye";
      EXPECT_EQ(its.back(), "goodbye 4000 " + last);
      its.pop_back();
      ASSERT_FALSE(its.empty());
      EXPECT_EQ(its.back(), "behind " + last);
    }
    std::vector<std::string> due;
    std::ranges::copy_if(whole, std::back_inserter(due),
                         [&](const auto& said) { return !leaves_out(said, who); });
    const auto got = broadcasts_in(its);
    if (left) {
      ASSERT_LE(got.size(), due.size());
      due.resize(got.size());
    }
    EXPECT_EQ(got, due) << "client " << who;
    // Each place's own words lie around its broadcast.
    std::vector<std::string> misplaced;
    const auto place_of = [&](const std::string& said) { return std::ranges::find(its, said); };
    for (auto at = its.begin(); at != its.end(); ++at) {
      if (!at->starts_with("behind "))
        continue;
      const auto said = at->substr(7);
      if (place_of(said) >= at ||
          (said.ends_with(" own") && place_of("before " + said) >= place_of(said)))
        misplaced.push_back(said);
    }
    EXPECT_THAT(misplaced, testing::IsEmpty()) << "client " << who;
    // And each speaker's words stay in their order.
    for (std::size_t speaker = 0; speaker < people; ++speaker) {
      int next = -1;
      const auto mark = std::to_string(speaker) + ':';
      for (const auto& said : got) {
        if (!said.starts_with(mark) || said.find(":last") != std::string::npos)
          continue;
        const int n = std::stoi(said.substr(mark.size()));
        EXPECT_GT(n, next) << said;
        next = n;
      }
    }
  }
}

} // namespace
