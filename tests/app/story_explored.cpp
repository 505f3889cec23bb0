// Every order of clients that come, speak and go while others hear them, and of a server that stops
// meanwhile: of small stories all that a program can show, of larger ones more than that, up to the
// bounds below, and beyond them random ones. Rules C-4, C-17, S-18, W-74.

#include "tests/app/story_cast.hpp"

#include <callsign/testkit/explore.hpp>

#include <algorithm>
#include <map>

namespace {

using namespace stories;

class EveryOrder : public testing::TestWithParam<callbacks> {
protected:
  static std::string named(const std::string& what) {
    return what + (GetParam() == callbacks::in_worker ? ", in the worker" : ", in the connections");
  }
};
INSTANTIATE_TEST_SUITE_P(Explored, EveryOrder, both_placements(), name_of_placement);

/// The greeting first, nothing twice, nothing behind a goodbye.
void check_words(const std::vector<std::string>& heard) {
  if (heard.empty())
    return;
  if (!heard.front().starts_with("refused") && !heard.front().starts_with("goodbye") &&
      !heard.front().starts_with("the line")) {
    EXPECT_EQ(heard.front(), "Welcome on the chat!");
  }
  for (const auto& one : heard) {
    if (one != "New client connected" && one != "Client disconnected") {
      EXPECT_EQ(std::ranges::count(heard, one), 1)
          << one << " of " << testing::PrintToString(heard);
    }
  }
  // Behind a goodbye comes nothing, or the end of the line of who did not answer in time.
  const auto goodbye =
      std::ranges::find_if(heard, [](const auto& one) { return one.starts_with("goodbye"); });
  if (goodbye != heard.end() && goodbye + 1 != heard.end()) {
    EXPECT_EQ(*(goodbye + 1), "the line is cut") << testing::PrintToString(heard);
    EXPECT_EQ(heard.end() - goodbye, 2) << testing::PrintToString(heard);
  }
}

/// Each connection: open first, terminate once and last.
void check_lives(const std::vector<std::string>& notes) {
  std::map<std::string, std::vector<std::string>> lives;
  for (const auto& line : notes)
    lives[line.substr(0, line.find(' '))].push_back(line.substr(line.find(' ') + 1));
  for (const auto& [who, life] : lives) {
    EXPECT_EQ(life.front(), "open") << who;
    EXPECT_TRUE(life.back().starts_with("terminate")) << who << testing::PrintToString(life);
    EXPECT_EQ(std::ranges::count_if(life, [](const auto& l) { return l.starts_with("terminate"); }),
              1)
        << who;
  }
}

using people = std::vector<client>;

/// Who is there, and on how many threads.
struct setting {
  std::size_t guests;
  std::size_t io_threads = 1;
};

/// All that can happen where few have to do with each other.
void explore_all(const std::string& name, setting of,
                 const std::function<void(house&, people&)>& deeds) {
  const auto found = explore(
      [&](const schedule& how) {
        house h{{.order_of_steps = how, .io_threads = of.io_threads}};
        h.how.placement = EveryOrder::GetParam();
        h.guests = chatting();
        h.opens_house();
        people all;
        for (std::size_t i = 0; i < of.guests; ++i)
          all.push_back(h.joins());
        h.at_once([&] { deeds(h, all); });

        for (auto& who : all)
          check_words(who.takes_all());
        h.all_is_quiet();
        h.ends();
        auto notes = h.notes.takes();
        std::erase_if(notes, [](const auto& line) { return line.starts_with("server "); });
        check_lives(notes);
      },
      {.max_schedules = 20'000,
       .random_schedules = 0,
       .io_threads = thread_order::in_turns,
       .name = name});
  EXPECT_TRUE(found.is_all);
}

TEST_P(EveryOrder, OfOneWhoSpeaksWhileAnotherLeaves) {
  explore_all(named("all of one who speaks while another leaves"), {.guests = 2},
              [](house&, people& all) {
                all[0].says("hello");
                all[1].leaves();
              });
}

TEST_P(EveryOrder, OfOneWhoComesWhileAnotherLeaves) {
  explore_all(named("all of one who comes while another leaves"), {.guests = 2},
              [](house& here, people& all) {
                all.push_back(here.joins());
                all[1].leaves();
              });
}

TEST_P(EveryOrder, OfOneWhoComesWhileAnotherVanishes) {
  explore_all(named("all of one who comes while another vanishes"), {.guests = 2},
              [](house& here, people& all) {
                all.push_back(here.joins());
                all[1].vanishes();
              });
}

TEST_P(EveryOrder, OfOneWhoComesWhileAnotherSpeaks) {
  explore_all(named("all of one who comes while another speaks"), {.guests = 2},
              [](house& here, people& all) {
                all.push_back(here.joins());
                all[0].says("hello");
              });
}

TEST_P(EveryOrder, OfOneWhoComesToAnotherThread) {
  explore_all(named("all of one who comes to another thread"), {.guests = 1, .io_threads = 2},
              [](house& here, people& all) { all.push_back(here.joins()); });
}

TEST_P(EveryOrder, OfAStopWhileTheGuestLeaves) {
  explore_all(named("all of a stop while the guest leaves"), {.guests = 1},
              [](house& here, people& all) {
                here.workers().call("somebody", [web = here.web().ref()] { web.stop(); });
                all[0].leaves();
              });
}

TEST_P(EveryOrder, OfAStopWhileTheGuestSpeaks) {
  explore_all(named("all of a stop while the guest speaks"), {.guests = 1},
              [](house& here, people& all) {
                here.workers().call("somebody", [web = here.web().ref()] { web.stop(); });
                all[0].says("hello");
              });
}

TEST_P(EveryOrder, OfJoiningSpeakingLeavingAndClosing) {
  explore(
      [](const schedule& how) {
        house h{{.order_of_steps = how}};
        h.how.placement = GetParam();
        h.guests = chatting();
        h.opens_house();
        auto ana = h.joins();
        std::vector<client> others;
        h.at_once([&] {
          others.push_back(h.joins());
          ana.says("hello");
          others.push_back(h.joins());
          others.front().leaves();
        });

        check_words(others.front().takes_all());
        const auto eves = others.back().takes_all();
        check_words(eves);
        EXPECT_EQ(eves.front(), "Welcome on the chat!");
        const auto anas = ana.takes_all();
        check_words(anas);
        EXPECT_EQ(std::ranges::count(anas, "New client connected"), 2);
        EXPECT_EQ(std::ranges::count(anas, "Client disconnected"), 1);
        h.all_is_quiet();
        h.ends();
        auto notes = h.notes.takes();
        std::erase_if(notes, [](const auto& line) { return line.starts_with("server "); });
        check_lives(notes);
      },
      {.max_schedules = 200,
       .random_schedules = 300,
       .name = named("joining, speaking, leaving, closing")});
}

TEST_P(EveryOrder, OfAServerThatStopsWhileClientsComeAndGo) {
  explore(
      [](const schedule& how) {
        house h{{.order_of_steps = how}};
        h.how.placement = GetParam();
        h.guests = chatting();
        const auto server = h.opens_house();
        auto ana = h.joins();
        std::vector<client> others;
        h.at_once([&] {
          h.workers().call("somebody", [web = h.web().ref()] { web.stop(); });
          others.push_back(h.joins());
          ana.says("hello");
          h.time_may_pass(6s);
          ana.leaves();
        });

        check_words(others.front().takes_all());
        check_words(ana.takes_all());
        EXPECT_TRUE(server.is_terminated());
        EXPECT_EQ(server.connection_count(), 0u);
        h.all_is_quiet();
        h.ends();
        auto notes = h.notes.takes();
        std::erase_if(notes, [](const auto& line) { return line.starts_with("server asked"); });
        check_lives(notes);
      },
      {.max_schedules = 200, .random_schedules = 300, .name = named("a server that stops")});
}

TEST_P(EveryOrder, OfOneThreadWithTwoClients) {
  const auto found = explore(
      [](const schedule& how) {
        house h{{.order_of_steps = how, .io_threads = 1}};
        h.how.placement = GetParam();
        h.guests = chatting();
        h.opens_house();
        auto ana = h.joins();
        auto bob = h.joins();
        ana.takes_all();
        bob.takes_all();
        h.at_once([&] {
          ana.says("hello");
          bob.vanishes();
        });

        const auto anas = ana.takes_all();
        EXPECT_EQ(anas, std::vector<std::string>{"Client disconnected"});
        h.all_is_quiet();
        h.ends();
      },
      {.max_schedules = 3'000, .name = named("one speaks, one vanishes")});

  EXPECT_TRUE(found.is_all);
}

} // namespace
