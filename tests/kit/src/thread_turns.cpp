#include "tests/kit/src/thread_turns.hpp"

#include <algorithm>
#include <optional>

namespace callsign::testkit {

namespace {

/// The first steps of each kind that one thread has.
struct of_thread {
  std::vector<std::size_t> arrivals;
  std::optional<std::size_t> mail;
  std::optional<std::size_t> hand_out;
  std::optional<std::size_t> flush;
};

std::map<std::string, of_thread> sorted(const std::vector<thread_step>& ready) {
  std::map<std::string, of_thread> all;
  for (std::size_t i = 0; i < ready.size(); ++i) {
    if (ready[i].thread.empty())
      continue;
    auto& its = all[ready[i].thread];
    switch (ready[i].part) {
    case thread_part::arrival: its.arrivals.push_back(i); break;
    case thread_part::hand_out: its.hand_out = its.hand_out.value_or(i); break;
    case thread_part::flush: its.flush = its.flush.value_or(i); break;
    case thread_part::none: its.mail = its.mail.value_or(i); break;
    }
  }
  return all;
}

} // namespace

std::vector<std::size_t> thread_turns::allowed(const std::vector<thread_step>& ready) {
  std::vector<std::size_t> all;
  for (std::size_t i = 0; i < ready.size(); ++i) {
    if (ready[i].thread.empty())
      all.push_back(i);
  }
  for (const auto& [name, its] : sorted(ready)) {
    auto& now = turns_[name];
    if (now.where == phase::first && (now.left == 0 || !its.mail) && !its.hand_out)
      now.where = phase::handed_out;
    if (now.where == phase::handed_out && !its.mail && !its.flush)
      now = {};
    switch (now.where) {
    case phase::between:
      all.insert(all.end(), its.arrivals.begin(), its.arrivals.end());
      if (const auto begin = its.mail ? its.mail : its.hand_out ? its.hand_out : its.flush)
        all.push_back(*begin);
      break;
    case phase::first: all.push_back(now.left > 0 && its.mail ? *its.mail : *its.hand_out); break;
    case phase::handed_out: all.push_back(its.mail ? *its.mail : *its.flush); break;
    }
  }
  std::ranges::sort(all);
  return all;
}

void thread_turns::taken(std::size_t which, const std::vector<thread_step>& ready) {
  const auto& step = ready[which];
  if (step.thread.empty())
    return;
  auto& now = turns_[step.thread];
  switch (step.part) {
  case thread_part::arrival: return;
  case thread_part::hand_out: now.where = phase::handed_out; return;
  case thread_part::flush: now = {}; return;
  case thread_part::none: break;
  }
  if (now.where == phase::between) {
    const auto mail = std::ranges::count_if(ready, [&](const thread_step& one) {
      return one.thread == step.thread && one.part == thread_part::none;
    });
    now = {phase::first, static_cast<std::size_t>(mail) - 1};
  } else if (now.where == phase::first) {
    --now.left;
  }
}

} // namespace callsign::testkit
