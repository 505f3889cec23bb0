#include <callsign/testkit/promises.hpp>

#include "tests/kit/src/memory/transcript.hpp"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

namespace callsign::testkit {

using memory::in_quotes;

promises::life& promises::life_of(std::string_view who) {
  const auto found = lives_.find(who);
  return found != lives_.end() ? found->second : lives_[std::string{who}];
}

void promises::admitted(std::string_view who) {
  auto& its = life_of(who);
  // The same name may come again.
  if (its.has_ended || its.is_leaving)
    its = {};
  its.is_admitted = true;
  its.since = ++clock_;
}

void promises::said(std::string_view who, std::string_view text) {
  const auto fresh = said_.try_emplace(std::string{text}, saying{std::string{who}, ++clock_});
  if (!fresh.second)
    noticed_.push_back(in_quotes(text) + " was said twice, so that nobody can tell them apart");
}

void promises::heard(std::string_view who, std::string_view text) {
  auto& its = life_of(who);
  ++count_of_heard_;
  if (its.has_ended)
    noticed_.push_back(std::string{who} + " hears " + in_quotes(text) + " behind its end");
  its.heard.emplace_back(text);
}

void promises::leaves(std::string_view who) { life_of(who).is_leaving = true; }

void promises::ended(std::string_view who) {
  auto& its = life_of(who);
  if (std::exchange(its.has_ended, true))
    noticed_.push_back(std::string{who} + " ends twice");
}

void promises::check_greeting(const std::string& who, const life& its,
                              std::vector<std::string>& wrong) const {
  if (what_.greeting.empty() || its.heard.empty())
    return;
  if (its.heard.front() != what_.greeting)
    wrong.push_back(who + " hears " + in_quotes(its.heard.front()) + " before its greeting");
  if (std::ranges::count(its.heard, what_.greeting) > 1)
    wrong.push_back(who + " is greeted twice");
}

void promises::check_speakers(const std::string& who, const life& its,
                              std::vector<std::string>& wrong) const {
  std::map<std::string, const std::string*, std::less<>> last; // of each speaker
  std::set<std::string_view> known;
  for (const auto& text : its.heard) {
    const auto one = said_.find(text);
    if (one == said_.end())
      continue;
    if (!known.insert(text).second) {
      wrong.push_back(who + " hears " + in_quotes(text) + " twice");
      continue;
    }
    auto& before = last[one->second.who];
    if (before != nullptr && said_.find(*before)->second.when > one->second.when)
      wrong.push_back(who + " hears " + in_quotes(*before) + " before " + in_quotes(text) +
                      ", but " + one->second.who + " said it behind");
    before = &text;
  }
}

void promises::check_loss(const std::string& who, const life& its,
                          std::vector<std::string>& wrong) const {
  if (!what_.everybody_hears || !its.is_admitted || its.is_leaving || its.has_ended)
    return;
  const std::set<std::string_view> known{its.heard.begin(), its.heard.end()};
  for (const auto& [text, how] : said_) {
    const bool is_its_own = how.who == who;
    if (how.when > its.since && (!is_its_own || what_.speakers_hear_themselves) &&
        !known.contains(text))
      wrong.push_back(who + " never hears " + in_quotes(text) + ", which " + how.who + " said");
  }
}

namespace {

/// Who heard what, in order: each text once, and only what somebody said.
using hearing = std::pair<const std::string*, std::vector<std::string_view>>;

/// The texts that some heard right behind one, and who was the first to do so.
using followers = std::map<std::string_view, std::map<std::string_view, const std::string*>>;

/// A circle in which each text was heard right behind the one before it, and the first behind the
/// last; empty if there is an order that all have kept.
std::vector<std::string_view> circle_in(const followers& all) {
  std::map<std::string_view, std::size_t> waits_for;
  for (const auto& [text, behind] : all) {
    waits_for.try_emplace(text, 0);
    for (const auto& [next, who] : behind)
      ++waits_for.try_emplace(next, 0).first->second;
  }
  std::vector<std::string_view> ready;
  for (const auto& [text, count] : waits_for) {
    if (count == 0)
      ready.push_back(text);
  }
  std::size_t ordered = 0;
  for (; ordered < ready.size(); ++ordered) {
    const auto behind = all.find(ready[ordered]);
    if (behind == all.end())
      continue;
    for (const auto& [next, who] : behind->second) {
      if (--waits_for.at(next) == 0)
        ready.push_back(next);
    }
  }
  if (ordered == waits_for.size())
    return {};
  // Whatever still waits stands behind something that still waits: backwards until one comes again.
  std::map<std::string_view, std::string_view> before;
  for (const auto& [text, behind] : all) {
    for (const auto& [next, who] : behind) {
      if (waits_for.at(text) != 0 && waits_for.at(next) != 0)
        before.emplace(next, text);
    }
  }
  std::vector<std::string_view> circle{before.begin()->first};
  for (;;) {
    const auto one = before.at(circle.back());
    const auto again = std::ranges::find(circle, one);
    if (again != circle.end()) {
      circle.erase(circle.begin(), again);
      std::ranges::reverse(circle);
      std::ranges::rotate(circle, std::ranges::min_element(circle));
      return circle;
    }
    circle.push_back(one);
  }
}

/// What two heard in two orders, the first that is found; empty if any two agree.
std::string disagreement_in(const std::vector<hearing>& all) {
  for (std::size_t a = 0; a < all.size(); ++a) {
    std::map<std::string_view, std::size_t> place;
    for (std::size_t i = 0; i < all[a].second.size(); ++i)
      place.emplace(all[a].second[i], i);
    for (std::size_t b = a + 1; b < all.size(); ++b) {
      std::optional<std::pair<std::size_t, std::string_view>> before;
      for (const auto text : all[b].second) {
        const auto found = place.find(text);
        if (found == place.end())
          continue;
        if (before && before->first > found->second)
          return *all[b].first + " hears " + in_quotes(before->second) + " before " +
                 in_quotes(text) + ", but " + *all[a].first + " hears it behind";
        before.emplace(found->second, text);
      }
    }
  }
  return {};
}

} // namespace

void promises::check_order(std::vector<std::string>& wrong) const {
  std::vector<hearing> all;
  followers behind;
  for (const auto& [who, its] : lives_) {
    std::vector<std::string_view> texts;
    std::set<std::string_view> known;
    for (const auto& text : its.heard) {
      if (!said_.contains(text) || !known.insert(text).second)
        continue;
      if (!texts.empty())
        behind[texts.back()].try_emplace(text, &who);
      texts.push_back(text);
    }
    all.emplace_back(&who, std::move(texts));
  }
  const auto circle = circle_in(behind);
  if (circle.empty())
    return;
  auto words = disagreement_in(all);
  if (words.empty()) {
    words = "there is no one order:";
    for (std::size_t i = 0; i < circle.size(); ++i) {
      const auto next = circle[(i + 1) % circle.size()];
      words += (i == 0 ? " " : ", ") + *behind.at(circle[i]).at(next) + " hears " +
               in_quotes(circle[i]) + " before " + in_quotes(next);
    }
  }
  wrong.push_back(std::move(words));
}

std::vector<std::string> promises::broken() const {
  auto wrong = noticed_;
  for (const auto& [who, its] : lives_) {
    check_greeting(who, its, wrong);
    check_speakers(who, its, wrong);
    check_loss(who, its, wrong);
  }
  check_order(wrong);
  return wrong;
}

} // namespace callsign::testkit
