#include <callsign/testkit/explore.hpp>

#include "tests/kit/src/chart.hpp"
#include "tests/kit/src/explorers.hpp"

#include <gtest/gtest-spi.h>

#include <algorithm>
#include <charconv>
#include <exception>
#include <iostream>

namespace callsign::testkit {

namespace {

/// One run of the body, with its failures held back.
struct run_result {
  std::string failure; ///< the first, with its place; empty: none
};

std::string first_of(const testing::TestPartResultArray& all) {
  for (int i = 0; i < all.size(); ++i) {
    const auto& one = all.GetTestPartResult(i);
    if (!one.failed())
      continue;
    std::string text = one.file_name() == nullptr ? "" : one.file_name();
    return text + ':' + std::to_string(one.line_number()) + ": " + one.message();
  }
  return {};
}

class exploring {
public:
  exploring(const std::function<void(const schedule&)>& body, const explore_options& how)
      : body_{body}, how_{how} {}

  exploration all() {
    auto finder = std::make_shared<systematic_explorer>(how_.is_reduced);
    do {
      const auto failure = run(finder);
      finder->finish();
      if (!finder->complaint().empty()) {
        found_.failure = finder->complaint();
        return found_;
      }
      if (!failure.empty())
        return failed(finder->choices());
    } while (finder->next() && finder->schedules() < how_.max_schedules);
    found_.schedules = finder->schedules();
    found_.redundant = finder->redundant();
    found_.is_all = finder->is_over();
    if (found_.is_all)
      return found_;
    for (std::uint64_t seed = 1; seed <= how_.random_schedules; ++seed) {
      auto dice = std::make_shared<random_explorer>(seed);
      ++found_.random;
      if (!run(dice).empty())
        return failed(dice->choices());
    }
    return found_;
  }

  /// As it comes, without holding anything back.
  void replay(const schedule_choices& choices) {
    auto again = std::make_shared<replaying_explorer>(choices);
    body_(schedule_with(again));
    found_.schedules = 1;
  }

  [[nodiscard]] exploration& found() { return found_; }

private:
  schedule schedule_with(std::shared_ptr<step_chooser> who) const {
    return {.steps = order::chosen,
            .seed = 0,
            .chooser = std::move(who),
            .tasks = how_.tasks,
            .io_threads = how_.io_threads};
  }

  std::string run(const std::shared_ptr<explorer>& by) {
    testing::TestPartResultArray failures;
    std::string thrown;
    {
      testing::ScopedFakeTestPartResultReporter reporter{
          testing::ScopedFakeTestPartResultReporter::INTERCEPT_ONLY_CURRENT_THREAD, &failures};
      try {
        body_(schedule_with(by));
      } catch (const std::exception& e) {
        thrown = std::string{"the body throws: "} + e.what();
      }
    }
    found_.longest = std::max(found_.longest, by->choices().size());
    return thrown.empty() ? first_of(failures) : thrown;
  }

  /// Looks for a shorter one that fails, too, and reports it.
  exploration failed(schedule_choices choices) {
    const auto fails = [this](const schedule_choices& some) {
      return !run(std::make_shared<replaying_explorer>(some)).empty();
    };
    // The shortest beginning that suffices …
    for (std::size_t size = 0; size < choices.size(); ++size) {
      const schedule_choices beginning{choices.begin(),
                                       choices.begin() + static_cast<std::ptrdiff_t>(size)};
      if (beginning.empty() || beginning.back() != 0) {
        if (fails(beginning)) {
          choices = beginning;
          break;
        }
      }
    }
    // … and in it, as little out of order as possible.
    for (auto& one : choices) {
      const auto was = std::exchange(one, 0);
      if (was != 0 && !fails(choices))
        one = was;
    }
    while (!choices.empty() && choices.back() == 0)
      choices.pop_back();
    auto last = std::make_shared<replaying_explorer>(choices);
    const auto failure = run(last);
    const auto unlike = static_cast<std::size_t>(
        std::ranges::count_if(choices, [](std::size_t one) { return one != 0; }));
    found_.replay = to_string(choices);
    found_.failure = "a schedule fails: " + failure + "\nit is the shortest that was found, of " +
                     std::to_string(last->rows().size()) + " steps, " + std::to_string(unlike) +
                     " of them out of their order:" + draw(last->rows()) +
                     "\nto see it again: explore(…, {.replay = \"" + found_.replay + "\"})";
    return found_;
  }

  const std::function<void(const schedule&)>& body_;
  const explore_options& how_;
  exploration found_;
};

} // namespace

std::string exploration::in_words() const {
  std::string text;
  if (is_all)
    text = "all " + std::to_string(schedules) + " schedules";
  else if (random != 0)
    text = "the first " + std::to_string(schedules) + " schedules and " + std::to_string(random) +
           " random ones";
  else
    text = std::to_string(schedules) + " schedules";
  text += ", of up to " + std::to_string(longest) + " steps";
  if (redundant != 0)
    text += "; " + std::to_string(redundant) + " more turned out to be like one of these";
  return text;
}

exploration explore(const std::function<void(const schedule&)>& body, explore_options how,
                    std::source_location where) {
  exploring all{body, how};
  if (!how.replay.empty()) {
    const auto choices = choices_of(how.replay);
    if (choices)
      all.replay(*choices);
    else
      ADD_FAILURE_AT(where.file_name(), static_cast<int>(where.line()))
          << "\"" << how.replay << "\" is no schedule; a failure prints one";
    return all.found();
  }
  const auto found = all.all();
  if (!found.failure.empty())
    ADD_FAILURE_AT(where.file_name(), static_cast<int>(where.line())) << found.failure;
  else
    std::cout << how.name << ": " << found.in_words() << "\n";
  return found;
}

} // namespace callsign::testkit
