// One order for all: rule W-73 and W-74, scenario T-16, design sections 5 and 6, with everything
// mixed over two I/O threads, in many random orders of the steps. Every failure names its seed.

#include "tests/app/story_cast.hpp"

#include <algorithm>
#include <cstdint>
#include <map>
#include <random>
#include <set>

namespace {

using namespace stories;

class Order : public testing::TestWithParam<callbacks> {};
INSTANTIATE_TEST_SUITE_P(Placed, Order, both_placements(), name_of_placement);

// T-16: three clients, interleaved broadcasts, the same order at each.
TEST_P(Order, ThreeClientsHearInterleavedBroadcastsInOneOrder) {
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    house h{{.order_of_steps = {.steps = order::random, .seed = seed}}};
    h.how.placement = GetParam();
    h.guests.hears = [](websocket_connection& ws, const message& heard) {
      ws.server().broadcast(heard);
    };
    h.opens_house();
    std::vector<client> all{h.joins(), h.joins(), h.joins()};
    h.at_once([&] {
      for (int i = 0; i < 5; ++i) {
        for (auto& one : all) {
          one.says(one.name() + std::to_string(i));
          h.after_steps(2);
        }
      }
    });

    const auto first = all[0].takes_all();
    EXPECT_EQ(first.size(), 15u);
    EXPECT_EQ(all[1].takes_all(), first);
    EXPECT_EQ(all[2].takes_all(), first);
    // What one client says stays in its order.
    for (const auto& one : all) {
      std::vector<std::string> its;
      std::ranges::copy_if(first, std::back_inserter(its),
                           [&](const auto& m) { return m.starts_with(one.name()); });
      EXPECT_TRUE(std::ranges::is_sorted(its));
    }
    h.all_is_quiet();
    h.ends();
    if (testing::Test::HasFailure())
      return;
  }
}

/// What the guests of the mixed story do when they are told to. Every broadcast names those it
/// leaves out: "b7 -1 -3 ".
class mixed_guest final : public connection_handler {
public:
  mixed_guest(diary& notes, int& count) : notes_{notes}, count_{count} {}

  void on_open(websocket_connection& ws) override {
    notes_.note(name_of(ws) + " open");
    ws.send("hi " + name_of(ws));
    ws.server().broadcast(
        "b" + std::to_string(count_++) + " -" + std::to_string(ws.id()) + " joined", except(ws));
  }
  void on_message(websocket_connection& ws, const message& heard) override {
    notes_.note(name_of(ws) + " message");
    const auto n = std::to_string(count_++);
    if (heard.text() == "both") {
      ws.server().broadcast("b" + n + " ");
      ws.send("s" + n);
    } else if (heard.text() == "three") {
      ws.send("p" + n);
      ws.server().broadcast("b" + n + " ");
      ws.send("s" + n);
    } else if (heard.text() == "bye") {
      ws.server().broadcast("b" + n + " ");
      ws.terminate(4000, "b" + n + " ");
    } else {
      // "-1 -3 ": leave these out.
      std::vector<connection_id> ids;
      const std::string names{heard.text()};
      for (auto at = names.find('-'); at != std::string::npos; at = names.find('-', at + 1))
        ids.push_back(static_cast<connection_id>(std::stoul(names.substr(at + 1))));
      ws.server().broadcast("b" + n + ' ' + names, except(ids));
    }
  }
  void on_error(websocket_connection& ws, const error_event& what) override {
    notes_.note(name_of(ws) + (what.is_fatal ? " fatal" : " error"));
  }
  void on_terminate(websocket_connection& ws, const termination&) override {
    notes_.note(name_of(ws) + " terminate");
    ws.server().broadcast("b" + std::to_string(count_++) + " left");
  }

private:
  diary& notes_;
  int& count_;
};

bool leaves_out(const std::string& broadcast, const std::string& id) {
  return broadcast.find(" -" + id + ' ') != std::string::npos || broadcast.ends_with(" -" + id);
}

struct part {
  client who;
  std::string id; ///< as its greeting says
  bool has_ended = false;
};

/// Everything a client heard, checked against what the witness heard, who came first and stays to
/// the end.
void check(const std::vector<std::string>& all, const std::vector<std::string>& witness,
           bool has_ended) {
  if (all.empty())
    return;
  // The greeting first (W-74).
  ASSERT_TRUE(all.front().starts_with("hi c")) << testing::PrintToString(all);
  const std::string id = all.front().substr(4);
  EXPECT_EQ(std::ranges::count_if(all, [](const auto& m) { return m.starts_with("hi "); }), 1);

  std::vector<std::string> its;
  std::ranges::copy_if(all, std::back_inserter(its),
                       [](const auto& m) { return m.starts_with('b'); });
  std::vector<std::string> due;
  std::ranges::copy_if(witness, std::back_inserter(due),
                       [&](const auto& m) { return m.starts_with('b') && !leaves_out(m, id); });
  // In one order for all, nothing lost, nothing doubled: a run without gaps of what the witness
  // heard, and to its end if this client stayed.
  const auto found = std::ranges::search(due, its);
  EXPECT_TRUE(its.empty() || !found.empty())
      << "client " << id << " heard " << testing::PrintToString(its) << "\nof "
      << testing::PrintToString(due);
  if (!has_ended && !its.empty() && !found.empty()) {
    EXPECT_EQ(found.end(), due.end()) << "client " << id << " missed the end of it";
  }
  // One place's words in their order: p, b, s of one number.
  const auto at = [&](const std::string& what) {
    const auto place = std::ranges::find_if(
        all, [&](const auto& m) { return m == what || m.starts_with(what + ' '); });
    return place - all.begin();
  };
  for (const auto& m : all) {
    if (m.starts_with('s')) {
      EXPECT_LT(at("b" + m.substr(1)), at(m)) << testing::PrintToString(all);
    }
    if (m.starts_with('p') && at("b" + m.substr(1)) != static_cast<std::ptrdiff_t>(all.size())) {
      EXPECT_LT(at(m), at("b" + m.substr(1))) << testing::PrintToString(all);
    }
  }
  // What was said before a goodbye was heard before it, and nothing behind it.
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (!all[i].starts_with("goodbye 4000"))
      continue;
    EXPECT_EQ(i, all.size() - 1);
    ASSERT_GT(its.size(), 0u);
    EXPECT_NE(all[i].find('"' + its.back() + '"'), std::string::npos)
        << testing::PrintToString(all);
  }
}

/// For each connection: open first, terminate once and last, at most one fatal error and right
/// before it (C-17).
void check_lives(const std::vector<std::string>& notes) {
  std::map<std::string, std::vector<std::string>> lives;
  for (const auto& line : notes)
    lives[line.substr(0, line.find(' '))].push_back(line.substr(line.find(' ') + 1));
  for (const auto& [who, life] : lives) {
    EXPECT_EQ(life.front(), "open") << who;
    EXPECT_EQ(life.back(), "terminate") << who << testing::PrintToString(life);
    EXPECT_EQ(std::ranges::count(life, "terminate"), 1) << who;
    EXPECT_EQ(std::ranges::count(life, "open"), 1) << who;
    EXPECT_LE(std::ranges::count(life, "fatal"), 1) << who;
    if (std::ranges::count(life, "fatal") == 1) {
      EXPECT_EQ(life[life.size() - 2], "fatal") << who;
    }
  }
}

void tell_mixed_story(callbacks placement, admit when, std::uint64_t seed) {
  diary notes;
  int count = 0;
  stage s{{.order_of_steps = {.steps = order::random, .seed = seed}}};
  std::mt19937_64 dice{seed};
  const auto any = [&](std::size_t below) { return static_cast<std::size_t>(dice() % below); };

  class open_house final : public server_handler {
  public:
    open_house(diary& notes, int& count) : notes_{notes}, count_{count} {}
    admission on_connection(websocket_server&, const request&) override {
      return std::make_unique<mixed_guest>(notes_, count_);
    }

  private:
    diary& notes_;
    int& count_;
  };
  const auto server = s.serves(std::make_shared<open_house>(notes, count),
                               {.path = "/chat", .placement = placement, .when = when});
  std::vector<part> cast;
  cast.push_back({s.joins_as({.name = "witness"}), "0"});
  s.at_once([&] {
    for (int deed = 0; deed < 60; ++deed) {
      part& one = cast[any(cast.size())];
      const bool is_witness = &one == &cast.front();
      switch (any(10)) {
      case 0:
      case 1:
        if (cast.size() < 12)
          cast.push_back({s.joins(), {}});
        break;
      case 2: one.who.says("both"); break;
      case 3: one.who.says("three"); break;
      case 4: {
        std::string left_out;
        for (std::size_t n = any(4); n > 0; --n)
          left_out += "-" + std::to_string(1 + any(12)) + ' ';
        one.who.says(left_out);
        break;
      }
      case 5: server.broadcast("b" + std::to_string(count++) + " from outside"); break;
      case 6:
        s.workers().call("WebSocketServer", [server, &count] {
          server.broadcast("b" + std::to_string(count++) + " from the worker");
        });
        break;
      case 7:
        if (!is_witness && !std::exchange(one.has_ended, true))
          one.who.says("bye");
        break;
      case 8:
        if (!is_witness && !std::exchange(one.has_ended, true))
          one.who.leaves();
        break;
      case 9:
        if (!is_witness && any(3) == 0 && !std::exchange(one.has_ended, true))
          one.who.vanishes();
        break;
      }
      s.after_steps(any(12));
    }
  });

  const auto witness = cast.front().who.takes_all();
  check(witness, witness, false);
  for (std::size_t i = 1; i < cast.size(); ++i)
    check(cast[i].who.takes_all(), witness, cast[i].has_ended);
  s.all_is_quiet();
  s.ends();
  check_lives(notes.takes());
  if (testing::Test::HasFailure())
    ADD_FAILURE() << "seed " << seed << s.last_steps();
}

// Join, leave, send, broadcast with exclusions and terminate, mixed.
TEST_P(Order, EverythingMixedKeepsOneOrder) {
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    tell_mixed_story(GetParam(), seed % 2 == 0 ? admit::before_handshake : admit::after_handshake,
                     seed);
    if (HasFailure())
      return;
  }
}

// The server itself ends in the middle of it: everybody ends once, the server last, and nothing is
// left.
TEST_P(Order, AnEndInTheMiddleOfItEndsEverythingOnce) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    house h{{.order_of_steps = {.steps = order::random, .seed = seed}}};
    std::mt19937_64 dice{seed};
    const auto any = [&](std::size_t below) { return static_cast<std::size_t>(dice() % below); };
    h.how.placement = GetParam();
    h.how.when = any(2) == 0 ? admit::before_handshake : admit::after_handshake;
    h.guests = chatting();
    const auto server = h.opens_house();
    const std::size_t way = any(6);
    std::vector<client> cast;
    h.at_once([&] {
      for (int deed = 0; deed < 20; ++deed) {
        if (deed == 10) {
          switch (way) {
          case 0: server.terminate(); break;
          case 1: h.workers().kill("WebSocketServer"); break;
          case 2: h.workers().abort("WebSocketServer"); break;
          case 3: h.web().ref().stop(); break;
          case 4:
            h.workers().call("WebSocketServer", [](worker& self) { self[stage::servers].clear(); });
            break;
          default: break;
          }
        }
        if (cast.empty() || any(3) == 0)
          cast.push_back(h.joins());
        auto& one = cast[any(cast.size())];
        switch (any(5)) {
        case 0: one.leaves(); break;
        case 1: one.vanishes(); break;
        case 2: one.ignores_goodbyes(); break;
        default: one.says("hello"); break;
        }
        h.after_steps(any(10));
      }
    });
    h.passes(7s);
    for (auto& one : cast)
      one.takes_all();
    h.all_is_quiet();
    if (way < 5) {
      EXPECT_TRUE(server.is_terminated());
      EXPECT_EQ(server.connection_count(), 0u);
    }
    h.ends();

    std::map<std::string, std::vector<std::string>> lives;
    for (const auto& line : h.notes.takes()) {
      const auto space = line.find(' ');
      lives[line.substr(0, space)].push_back(line.substr(space + 1));
    }
    const auto& of_server = lives["server"];
    EXPECT_EQ(std::ranges::count(of_server, "terminate"), way == 2 ? 0 : 1);
    EXPECT_EQ(of_server.front(), "open");
    if (way != 2) {
      EXPECT_EQ(of_server.back(), "terminate");
    }
    for (const auto& [who, life] : lives) {
      if (who == "server")
        continue;
      EXPECT_EQ(life.front(), "open");
      const auto ends =
          std::ranges::count_if(life, [](const auto& l) { return l.starts_with("terminate"); });
      // An aborted worker tells nobody anything; its connections' own actors still do.
      EXPECT_LE(ends, 1);
      if (way != 2 || GetParam() == callbacks::in_connection) {
        EXPECT_EQ(ends, 1) << who;
        EXPECT_TRUE(life.back().starts_with("terminate")) << who;
      }
    }
    if (HasFailure()) {
      ADD_FAILURE() << "way " << way << ", seed " << seed << h.last_steps();
      return;
    }
  }
}

} // namespace
