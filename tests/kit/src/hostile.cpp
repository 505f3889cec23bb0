#include <callsign/testkit/hostile.hpp>

#include "tests/kit/src/memory/door.hpp"

#include <gtest/gtest-spi.h>

#include <algorithm>
#include <map>
#include <utility>

namespace callsign::testkit {

namespace {

enum class misfortune { none, lost, silent, cut, stalled, slow };

/// One run's failure.
struct plan {
  misfortune what = misfortune::none;
  std::string victim; ///< empty: everybody
  std::size_t place = 0;

  [[nodiscard]] std::string in_words() const {
    const auto n = std::to_string(place);
    switch (what) {
    case misfortune::none: return "without any failure";
    case misfortune::lost: return "when " + victim + "'s line breaks behind step " + n;
    case misfortune::silent: return "when " + victim + "'s line dies silently behind step " + n;
    case misfortune::cut: return "when " + victim + "'s line breaks behind byte " + n;
    case misfortune::stalled: return "when " + victim + " takes no more than " + n + " bytes";
    case misfortune::slow: return "when everybody takes one byte at a time";
    }
    return {};
  }
};

/// What a run in peace was like.
struct measure {
  std::size_t steps = 0;
  std::map<std::string, std::size_t> first_step; ///< of each client
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
      if (plan_.what == misfortune::silent || plan_.what == misfortune::stalled)
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
      seen_.first_step.try_emplace(line->name(), step_);
      if (!plan_.victim.empty() && line->name() != plan_.victim)
        continue;
      meddle(*line);
    }
  }

  void meddle(memory::line& line) {
    switch (plan_.what) {
    case misfortune::none: return;
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
         std::to_string(cut) + " cut streams, " + std::to_string(stalled) + " stalled clients, " +
         std::to_string(slow) + " slow run";
}

hostile_report survives_hostile_transport(const std::function<void(stage&)>& body,
                                          hostile_options how, std::source_location where) {
  hostile_report done;
  measure peace;
  const auto survives = [&](const plan& what, std::size_t& count) {
    ++count;
    measure seen;
    auto& into = what.what == misfortune::none ? peace : seen;
    const auto wrong = hostile_run{what, into}.play(body, how);
    if (wrong.empty())
      return true;
    ADD_FAILURE_AT(where.file_name(), static_cast<int>(where.line()))
        << what.in_words() << ": " << wrong;
    return false;
  };
  std::size_t peaceful = 0;
  if (!survives({}, peaceful) || !survives({misfortune::slow, {}, 0}, done.slow))
    return done;
  // Bytes: from none to more than any of these clients was sent.
  constexpr std::size_t longest_stream = 512;
  for (const auto& [who, first] : peace.first_step) {
    for (const auto place : places_of(peace.steps - first + 1, how.max_places)) {
      if (!survives({misfortune::lost, who, first + place}, done.lost) ||
          !survives({misfortune::silent, who, first + place}, done.silent))
        return done;
    }
    for (const auto place : places_of(longest_stream, how.max_places)) {
      if (!survives({misfortune::cut, who, place}, done.cut) ||
          !survives({misfortune::stalled, who, place}, done.stalled))
        return done;
    }
  }
  return done;
}

} // namespace callsign::testkit
