/// \file
/// A slot in any of its phases, with the consumer's side of it in the test's hands.
#pragma once

#include "actors/src/slot.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <memory>
#include <ostream>
#include <sstream>
#include <string>
#include <tuple>
#include <vector>

namespace callsign::detail {

inline std::ostream& operator<<(std::ostream& out, slot::phase p) {
  constexpr const char* names[] = {"vacant",  "alive",  "killed",  "aborted",
                                   "closing", "sealed", "leaving", "resting"};
  return out << names[static_cast<int>(p)];
}

} // namespace callsign::detail

namespace callsign::tests {

using namespace std::chrono_literals;
using namespace callsign::detail;

using phase = slot::phase;
using action = slot::action;

/// Numbers from 2 on, stamps a second apart.
class numbers final : public registrar {
public:
  birth enrol(std::shared_ptr<slot> whose) override {
    ++last;
    holders[last] = whose;
    return {last, std::chrono::system_clock::time_point{std::chrono::seconds{last}}};
  }
  worker_number last = main_worker;
  std::map<worker_number, std::shared_ptr<slot>> holders;
};

/// A slot and the consumer's side of it. What tasks do is write their text down.
class Slot : public testing::Test {
protected:
  static constexpr worker_number nobody = 0;
  static constexpr worker_number somebody = 4711;

  entry task_saying(const std::string& text, entry_kind kind = entry_kind::task) {
    return {.kind = kind, .where = std::source_location::current(), .run = [this, text] {
              ran.push_back(text);
            }};
  }

  slot::outcome post(const std::string& text, worker_number sender = nobody) {
    return who->post(task_saying(text), sender, book);
  }
  slot::outcome post_to(worker_number number, const std::string& text,
                        worker_number sender = nobody, entry_kind kind = entry_kind::task) {
    return who->post_to(number, task_saying(text, kind), sender);
  }

  /// What waits for the incarnation that lives, by running it.
  std::vector<std::string> drain() {
    ran.clear();
    entry_queue batch;
    while (who->take(batch) && !batch.empty())
      run(batch);
    return ran;
  }
  void run(entry_queue& batch) {
    for (; !batch.empty(); batch.pop_front())
      batch.front().run(nowhere());
  }
  /// The tasks here mention no worker.
  static worker& nowhere() {
    alignas(worker) static std::byte room[sizeof(worker)];
    return reinterpret_cast<worker&>(room);
  }

  /// Brings a fresh slot into a phase; `first` has run by then, if anything lives.
  void bring_to(phase wanted) {
    who = std::make_shared<slot>("bob", runs_on::pool);
    if (wanted == phase::vacant)
      return;
    EXPECT_EQ(post("first").result, call_result::created);
    drain();
    entry_queue nothing;
    switch (wanted) {
    case phase::vacant:
    case phase::alive: return;
    case phase::killed: EXPECT_EQ(who->kill(0), action::wake); return;
    case phase::aborted: EXPECT_EQ(who->abort(), action::wake); return;
    case phase::closing:
      EXPECT_EQ(who->kill(0), action::wake);
      EXPECT_EQ(who->notice_end(nothing), slot::request::kill);
      return;
    case phase::sealed:
      EXPECT_EQ(who->kill(0), action::wake);
      EXPECT_EQ(who->notice_end(nothing), slot::request::kill);
      EXPECT_TRUE(who->seal());
      return;
    case phase::leaving: EXPECT_EQ(who->leave({.waker = 1}), action::wake); return;
    case phase::resting:
      EXPECT_EQ(who->leave({.waker = 1}), action::wake);
      EXPECT_EQ(let_it_end(), action::none);
      return;
    }
  }

  /// Takes the incarnation that is dying to its end.
  action let_it_end() {
    entry_queue nothing;
    if (who->is_end_requested())
      std::ignore = who->notice_end(nothing);
    drain();
    EXPECT_TRUE(who->seal());
    return who->ended(book);
  }

  numbers book;
  std::shared_ptr<slot> who = std::make_shared<slot>("bob", runs_on::pool);
  std::vector<std::string> ran;
};

} // namespace callsign::tests
