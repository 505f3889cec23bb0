#include <callsign/testkit/hostile.hpp>

#include "tests/kit/src/memory/door.hpp"

#include <gtest/gtest-spi.h>

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

namespace callsign::testkit {

namespace {

/// One run's failure.
struct plan {
  std::optional<misfortune> what; ///< nothing: peace
  std::string victim;             ///< empty: everybody
  std::size_t place = 0;

  [[nodiscard]] std::string in_words() const {
    const auto n = std::to_string(place);
    if (!what)
      return "without any failure";
    switch (*what) {
    case misfortune::lost: return "when " + victim + "'s line breaks behind step " + n;
    case misfortune::silent: return "when " + victim + "'s line dies silently behind step " + n;
    case misfortune::cut: return "when " + victim + "'s line breaks behind byte " + n;
    case misfortune::stalled: return "when " + victim + " takes no more than " + n + " bytes";
    case misfortune::said_cut:
      return "when " + victim + "'s line breaks behind byte " + n + " of what it says";
    case misfortune::said_stalled:
      return "when no more than " + n + " bytes come of what " + victim + " says";
    case misfortune::failed_read: return "when read " + n + " from " + victim + "'s line fails";
    case misfortune::failed_write: return "when write " + n + " to " + victim + "'s line fails";
    case misfortune::slow: return "when everybody takes one byte at a time";
    case misfortune::said_slowly: return "when everybody's bytes come one at a time";
    }
    return {};
  }
};

/// What a run in peace was like.
struct measure {
  std::size_t steps = 0;
  struct client {
    std::size_t first_step = 0;
    std::size_t said = 0;  ///< bytes
    std::size_t heard = 0; ///< bytes
    std::size_t reads = 0;
    std::size_t writes = 0;
  };
  std::map<std::string, client> clients;
};

class hostile_run {
public:
  hostile_run(const plan& what, measure& seen) : plan_{what}, seen_{seen} {}

  std::string play(const std::function<void(stage&)>& body, const hostile_options& how) {
    testing::TestPartResultArray failures;
    {
      testing::ScopedFakeTestPartResultReporter reporter{
          testing::ScopedFakeTestPartResultReporter::INTERCEPT_ONLY_CURRENT_THREAD, &failures};
      stage s{how.stage};
      s.after_each_step([&](memory::backend& door) { meddle(door); });
      body(s);
      s.settle();
      seen_.steps = std::max(seen_.steps, s.world().steps().steps());
      if (plan_.what == misfortune::silent || plan_.what == misfortune::stalled ||
          plan_.what == misfortune::said_stalled)
        s.passes(how.patience);
      s.ends();
    }
    for (int i = 0; i < failures.size(); ++i) {
      const auto& one = failures.GetTestPartResult(i);
      if (one.failed())
        return one.message();
    }
    return {};
  }

private:
  void meddle(memory::backend& door) {
    ++step_;
    for (const auto& line : std::vector{door.lines()}) {
      auto& seen = seen_.clients.try_emplace(line->name(), measure::client{step_}).first->second;
      seen.said = line->bytes_said;
      seen.heard = line->bytes_heard;
      seen.reads = line->reads;
      seen.writes = line->writes;
      if (!plan_.victim.empty() && line->name() != plan_.victim)
        continue;
      meddle(*line);
    }
  }

  void meddle(memory::line& line) {
    if (!plan_.what)
      return line.speak_in_bytes({});
    switch (*plan_.what) {
    case misfortune::said_slowly: return line.speak_in_bytes({.bytes_at_once = 1});
    case misfortune::said_cut: return line.speak_in_bytes({.breaks_behind = plan_.place});
    case misfortune::said_stalled: return line.speak_in_bytes({.stalls_behind = plan_.place});
    case misfortune::failed_read: return line.speak_in_bytes({.failing_read = plan_.place});
    case misfortune::failed_write: return line.speak_in_bytes({.failing_write = plan_.place});
    case misfortune::lost:
      if (step_ == plan_.place)
        line.vanish();
      return;
    case misfortune::silent:
      if (step_ == plan_.place)
        line.fall_silent();
      return;
    case misfortune::slow:
      if (line.unwritten() > 0)
        line.renew_room(1);
      return;
    case misfortune::cut:
    case misfortune::stalled:
      if (!std::exchange(is_limited_[line.name()], true))
        line.renew_room(plan_.place);
      else if (plan_.what == misfortune::cut && line.has_no_room() && line.unwritten() > 0)
        line.vanish();
      return;
    }
  }

  const plan& plan_;
  measure& seen_;
  std::size_t step_ = 0;
  std::map<std::string, bool> is_limited_;
};

/// At most so many of the numbers below `count`, spread evenly, the first and the last among them.
std::vector<std::size_t> places_of(std::size_t count, std::size_t most) {
  std::vector<std::size_t> all;
  if (count <= most) {
    for (std::size_t i = 0; i < count; ++i)
      all.push_back(i);
    return all;
  }
  for (std::size_t i = 0; i < most; ++i)
    all.push_back(most == 1 ? 0 : i * (count - 1) / (most - 1));
  return all;
}

} // namespace

std::string hostile_report::in_words() const {
  return std::to_string(lost) + " lost lines, " + std::to_string(silent) + " silent ones, " +
         std::to_string(cut) + " cut streams to clients, " + std::to_string(stalled) +
         " stalled ones, " + std::to_string(said_cut) + " cut streams from clients, " +
         std::to_string(said_stalled) + " stalled ones, " + std::to_string(failed_reads) +
         " failed reads, " + std::to_string(failed_writes) + " failed writes, " +
         std::to_string(slow) + " slow runs";
}

hostile_report survives_hostile_transport(const std::function<void(stage&)>& body,
                                          hostile_options how, std::source_location where) {
  hostile_report done;
  measure peace;
  const auto is_wanted = [&how](misfortune what) {
    return how.only.empty() || std::ranges::find(how.only, what) != how.only.end();
  };
  const auto survives = [&](const plan& what, std::size_t& count) {
    ++count;
    measure seen;
    auto& into = what.what ? seen : peace;
    const auto wrong = hostile_run{what, into}.play(body, how);
    if (wrong.empty())
      return true;
    ADD_FAILURE_AT(where.file_name(), static_cast<int>(where.line()))
        << what.in_words() << ": " << wrong;
    return false;
  };
  std::size_t peaceful = 0;
  if (!survives({}, peaceful))
    return done;
  for (const auto all_at_once : {misfortune::slow, misfortune::said_slowly}) {
    if (is_wanted(all_at_once) && !survives({all_at_once, {}, 0}, done.slow))
      return done;
  }
  for (const auto& [who, seen] : peace.clients) {
    const auto survives_all = [&](misfortune what, std::size_t first, std::size_t count,
                                  std::size_t& tried) {
      return !is_wanted(what) ||
             std::ranges::all_of(places_of(count, how.max_places), [&](std::size_t place) {
               return survives({what, who, first + place}, tried);
             });
    };
    // Of bytes: behind none, behind each, and behind all.
    const bool survives_them =
        survives_all(misfortune::lost, seen.first_step, peace.steps - seen.first_step + 1,
                     done.lost) &&
        survives_all(misfortune::silent, seen.first_step, peace.steps - seen.first_step + 1,
                     done.silent) &&
        survives_all(misfortune::cut, 0, seen.heard + 1, done.cut) &&
        survives_all(misfortune::stalled, 0, seen.heard + 1, done.stalled) &&
        survives_all(misfortune::said_cut, 0, seen.said + 1, done.said_cut) &&
        survives_all(misfortune::said_stalled, 0, seen.said + 1, done.said_stalled) &&
        survives_all(misfortune::failed_read, 0, seen.reads, done.failed_reads) &&
        survives_all(misfortune::failed_write, 0, seen.writes, done.failed_writes);
    if (!survives_them)
      return done;
  }
  return done;
}

} // namespace callsign::testkit
