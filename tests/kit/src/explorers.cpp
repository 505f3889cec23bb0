#include "tests/kit/src/explorers.hpp"

#include <algorithm>
#include <charconv>

namespace callsign::testkit {

bool commute(const footprint& a, const footprint& b) {
  if (a.is_everything || b.is_everything)
    return false;
  return std::ranges::all_of(a.what, [&](const auto& one) {
    const auto other = b.what.find(one.first);
    return other == b.what.end() || (one.second == touch::adds && other->second == touch::adds);
  });
}

std::string to_string(const schedule_choices& choices) {
  std::string text;
  for (const auto one : choices)
    text += (text.empty() ? "" : ".") + std::to_string(one);
  return text.empty() ? "0" : text;
}

std::optional<schedule_choices> choices_of(std::string_view text) {
  schedule_choices all;
  const auto* at = text.data();
  const auto* end = text.data() + text.size();
  for (;;) {
    std::size_t one = 0;
    const auto found = std::from_chars(at, end, one);
    if (found.ec != std::errc{})
      return std::nullopt;
    all.push_back(one);
    if (found.ptr == end)
      return all;
    if (*found.ptr != '.')
      return std::nullopt;
    at = found.ptr + 1;
  }
}

// -- explorer -------------------------------------------------------------------------------------

std::size_t explorer::choose(const std::vector<step_view>& ready) {
  const auto which = std::min(decide(ready), ready.size() - 1);
  choices_.push_back(which);
  const auto& view = ready[which];
  rows_.push_back({view.from.empty() ? view.lane : view.from, view.lane, view.words});
  return which;
}

void explorer::begin_again() {
  choices_.clear();
  rows_.clear();
}

std::size_t replaying_explorer::decide(const std::vector<step_view>&) {
  return next_ < what_.size() ? what_[next_++] : 0;
}

// -- systematic -----------------------------------------------------------------------------------

std::size_t systematic_explorer::decide(const std::vector<step_view>& ready) {
  if (is_redundant_)
    return 0;
  std::vector<std::string> keys;
  for (const auto& one : ready) {
    auto key = one.key;
    // Two that look alike are two.
    while (std::ranges::find(keys, key) != keys.end())
      key += '\'';
    keys.push_back(std::move(key));
  }
  if (depth_ < path_.size()) {
    auto& here = path_[depth_++];
    if (here.ready != keys) {
      complain("this test cannot be explored: the same schedule made another run. Does it depend "
               "on time, chance, addresses or on what an earlier run has left behind?");
      is_redundant_ = true;
    }
    return here.current;
  }
  node here{std::move(keys), {}, 0, {}};
  if (!path_.empty())
    here.asleep = asleep_below(path_.back());
  const auto awake = std::ranges::find_if(
      here.ready, [&](const std::string& key) { return !here.asleep.contains(key); });
  if (awake == here.ready.end()) {
    is_redundant_ = true;
    return 0;
  }
  here.current = static_cast<std::size_t>(awake - here.ready.begin());
  path_.push_back(std::move(here));
  ++depth_;
  return path_.back().current;
}

systematic_explorer::sleepers systematic_explorer::asleep_below(const node& above) const {
  sleepers below;
  if (!is_reduced_)
    return below;
  for (const auto& [key, touched] : above.asleep) {
    if (key != above.ready[above.current] && commute(touched, above.touched))
      below.emplace(key, touched);
  }
  return below;
}

void systematic_explorer::ran(const footprint& touched) {
  if (!is_redundant_ && depth_ > 0)
    path_[depth_ - 1].touched = touched;
}

void systematic_explorer::finish() { ++(is_redundant_ ? redundant_ : schedules_); }

bool systematic_explorer::next() {
  while (!path_.empty()) {
    auto& last = path_.back();
    last.asleep.insert_or_assign(last.ready[last.current], last.touched);
    const auto awake = std::ranges::find_if(
        last.ready, [&](const std::string& key) { return !last.asleep.contains(key); });
    if (awake != last.ready.end()) {
      last.current = static_cast<std::size_t>(awake - last.ready.begin());
      break;
    }
    path_.pop_back();
  }
  depth_ = 0;
  is_redundant_ = false;
  begin_again();
  return !path_.empty();
}

} // namespace callsign::testkit
