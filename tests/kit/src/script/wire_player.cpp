// The altitude of the wire.

#include "tests/kit/src/memory/transcript.hpp"
#include "tests/kit/src/script/json_pattern.hpp"
#include "tests/kit/src/script/player.hpp"
#include "tests/kit/src/script/wire_line.hpp"

#include <poll.h>

#include <algorithm>
#include <map>
#include <utility>

namespace callsign::testkit {

namespace {

using kind = script_step::kind;
using memory::sound;
using clock = wire_line::clock;

class wire_player final : public player {
public:
  wire_player(const application& with, const play_options& how)
      : how_{how}, url_{with.url}, target_{target_of(how.url)} {}

  std::string play(const script_step& step) override {
    if (!target_)
      return "'" + how_.url + "' is no address; one looks like ws://127.0.0.1:8080";
    auto wrong = act(step);
    return wrong.empty() ? wrong : wrong + told_.last();
  }

  std::string finish() override {
    lines_.clear();
    return {};
  }

private:
  std::string act(const script_step& step) {
    switch (step.what) {
    case kind::at_once: is_at_once_ = true; return {};
    case kind::end:
      is_at_once_ = false;
      for (auto& [name, line] : lines_) {
        if (auto wrong = fence(name, *line); !wrong.empty())
          return wrong;
      }
      return {};
    case kind::pass: return pass(step.time);
    case kind::quiet: return quiet();
    case kind::kill:
    case kind::abort:
    case kind::report: return "this cannot be done from outside: " + only;
    case kind::joins: return joins(step);
    case kind::watch:
      watched_ = std::make_shared<promises>(promise_options{
          .greeting = step.values.empty() ? std::string{} : step.values.front().bytes});
      return {};
    case kind::promises_are_kept: return kept();
    default: break;
    }
    auto& line = *lines_.at(step.who);
    return step.what < kind::hears ? does(step, line) : hears(step, line);
  }

  std::string joins(const script_step& step) {
    if (step.code != 0)
      return "on the wire nobody chooses an address: " + only;
    visitor who = step.as;
    who.url = target_->path + (who.url.empty() ? url_ : who.url);
    told_.add(step.who + " -> joins " + who.url);
    auto line = std::make_unique<wire_line>(*target_, who, how_.patience);
    line->tells(watched_, step.who);
    if (line->found_nobody())
      told_.add_of(step.who, "finds nobody who listens");
    if (line->is_admitted())
      told_.add(step.who + " <- admitted with HTTP 101");
    lines_[step.who] = std::move(line);
    return {};
  }

  std::string does(const script_step& step, wire_line& line) {
    switch (step.what) {
    case kind::says:
      for (const auto& one : step.values)
        says(step.who, line, one);
      break;
    case kind::begins:
      told_.add(step.who + " -> a part, " + memory::in_quotes(step.values.front().bytes));
      line.send(std::exchange(line.says_continue, true) ? 0 : 1, step.values.front().bytes, false);
      break;
    case kind::pings:
      told_.add(step.who + " -> a ping");
      line.send(9, "are you there");
      break;
    case kind::breaks_the_protocol:
      told_.add(step.who + " -> nonsense");
      line.send_raw("\xF3\x80\x01\x02\x03\x04");
      return {};
    case kind::leaves:
      leaves(step.who);
      told_.add(step.who + " -> goodbye " + std::to_string(step.code));
      line.close(step.code, step.reason.value_or(std::string{}));
      return wait_for_end(line);
    case kind::vanishes:
      leaves(step.who);
      told_.add(step.who + " -> hangs up");
      line.reset();
      return {};
    case kind::falls_silent: leaves(step.who); [[fallthrough]];
    case kind::stops_reading: line.set_reading(false); return {};
    case kind::reads_again: line.set_reading(true); return {};
    case kind::reads_slowly: return "nobody reads slowly on the wire: " + only;
    case kind::ignores_goodbyes: line.ignore_close(); return {};
    default: break;
    }
    return is_at_once_ ? std::string{} : fence(step.who, line);
  }

  void says(const std::string& who, wire_line& line, const script_value& what) {
    const bool is_binary = what.what == script_value::kind::binary;
    told_.add(who + " -> " +
              (is_binary ? memory::in_hex(what.bytes) : memory::in_quotes(what.bytes)));
    if (watched_ && !line.says_continue)
      watched_->said(who, what.bytes);
    line.send(std::exchange(line.says_continue, false) ? 0 : is_binary ? 2 : 1, what.bytes);
  }

  void leaves(const std::string& who) const {
    if (watched_)
      watched_->leaves(who);
  }

  /// What is under way arrives first.
  std::string kept() {
    if (!watched_)
      return "no promise was watched; say 'watch promises' before";
    if (auto wrong = pass(how_.silence); !wrong.empty())
      return wrong;
    std::string text;
    for (const auto& wrong : watched_->broken())
      text += (text.empty() ? "a promise is broken: " : "\na promise is broken: ") + wrong;
    return text;
  }

  /// What one client has said is with the program before another says something.
  std::string fence(const std::string& who, wire_line& line) {
    return line.fence(how_.patience) ? std::string{}
                                     : who + "'s line is open, but its ping is not answered";
  }

  std::string wait_for_end(wire_line& line) {
    const auto until = clock::now() + how_.patience;
    while (!line.is_over() && line.is_reading() && clock::now() < until)
      line.read(until);
    return {};
  }

  std::optional<sound> next(const std::string& who, wire_line& line) {
    const auto until = clock::now() + how_.patience;
    while (line.heard.empty() && line.is_reading() && clock::now() < until)
      line.read(until);
    if (line.heard.empty())
      return std::nullopt;
    auto first = std::move(line.heard.front());
    line.heard.pop_front();
    told_.add(who + " <- " + first.in_words());
    return first;
  }

  std::string must_hear(const script_step& step, wire_line& line, const std::string& what,
                        const std::function<bool(const sound&)>& fits) {
    const auto first = next(step.who, line);
    if (first && fits(*first))
      return {};
    return step.who + " should hear " + what + ", but " +
           (first ? "hears " + first->in_words()
                  : "it hears nothing" + std::string{line.is_over() ? "; its line is over" : ""});
  }

  std::string hears(const script_step& step, wire_line& line) {
    switch (step.what) {
    case kind::hears:
      for (const auto& one : step.values) {
        auto wrong = must_hear(step, line, one.in_words(), [&](const sound& heard) {
          return one.what == script_value::kind::binary
                     ? heard.what == sound::kind::binary && heard.bytes == one.bytes
                     : heard.what == sound::kind::text &&
                           (one.what == script_value::kind::json
                                ? fits_pattern(one.bytes, heard.bytes)
                                : heard.bytes == one.bytes);
        });
        if (!wrong.empty())
          return wrong;
      }
      return {};
    case kind::hears_in_any_order: return any_order(step, line);
    case kind::hears_pong:
      return must_hear(step, line, "a pong",
                       [](const sound& heard) { return heard.what == sound::kind::pong; });
    case kind::hears_nothing: return silent(step.who, line);
    case kind::hears_anything: return forget(line);
    case kind::is_refused: return refused(step, line);
    case kind::finds_nobody:
      return line.found_nobody() ? std::string{}
                                 : step.who + " should find nobody, but somebody listens there";
    case kind::is_told_goodbye: {
      const sound wanted{sound::kind::goodbye, step.code, step.reason.value_or(std::string{})};
      return must_hear(step, line, wanted.in_words(), [&](const sound& heard) {
        return heard.what == wanted.what && heard.code == wanted.code &&
               (!step.reason || heard.bytes == *step.reason);
      });
    }
    case kind::is_cut_off:
      return must_hear(step, line, "the line is cut",
                       [](const sound& heard) { return heard.what == sound::kind::cut; });
    default: return {};
    }
  }

  std::string any_order(const script_step& step, wire_line& line) {
    std::vector<std::string> missing;
    for (const auto& one : step.values)
      missing.push_back(one.bytes);
    while (!missing.empty()) {
      std::string words = "in any order, ";
      for (std::size_t i = 0; i < missing.size(); ++i)
        words += (i == 0 ? "" : ", ") + memory::in_quotes(missing[i]);
      auto wrong = must_hear(step, line, words, [&](const sound& heard) {
        const auto found = std::ranges::find(missing, heard.bytes);
        if (heard.what != sound::kind::text || found == missing.end())
          return false;
        missing.erase(found);
        return true;
      });
      if (!wrong.empty())
        return wrong;
    }
    return {};
  }

  std::string refused(const script_step& step, wire_line& line) {
    const auto first = line.heard.empty() ? std::nullopt : std::optional{line.heard.front()};
    if (first && first->what == sound::kind::refused && first->code == step.code) {
      line.heard.pop_front();
      return {};
    }
    return step.who + " should be refused with HTTP " + std::to_string(step.code) + ", but " +
           (line.found_nobody() ? "finds nobody"
            : first             ? "hears " + first->in_words()
                                : "is admitted");
  }

  /// What comes until it is silent is nobody's concern.
  std::string forget(wire_line& line) {
    const auto until = clock::now() + how_.silence;
    while (line.is_reading() && line.read(until)) {
    }
    line.heard.clear();
    return {};
  }

  std::string silent(const std::string& who, wire_line& line) {
    const auto until = clock::now() + how_.silence;
    while (line.heard.empty() && line.is_reading() && line.read(until)) {
    }
    if (line.heard.empty())
      return {};
    std::string words = who + " should hear nothing, but hears " + line.heard.front().in_words();
    line.heard.clear();
    return words;
  }

  std::string quiet() {
    if (auto wrong = pass(how_.silence); !wrong.empty())
      return wrong;
    for (const auto& [name, line] : lines_) {
      if (!line->heard.empty())
        return "it is not quiet: " + name + " hears " + line->heard.front().in_words();
    }
    return {};
  }

  /// Real time; what comes meanwhile is read, and pings are answered.
  std::string pass(std::chrono::milliseconds time) {
    const auto until = clock::now() + time;
    for (auto now = clock::now(); now < until; now = clock::now()) {
      std::vector<pollfd> wanted;
      std::vector<wire_line*> whose;
      for (const auto& [name, line] : lines_) {
        if (!line->is_reading())
          continue;
        wanted.push_back({line->native(), POLLIN, 0});
        whose.push_back(line.get());
      }
      const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - now);
      if (::poll(wanted.data(), wanted.size(), static_cast<int>(left.count()) + 1) <= 0)
        continue;
      for (std::size_t i = 0; i < wanted.size(); ++i) {
        if (wanted[i].revents != 0)
          whose[i]->read(clock::now());
      }
    }
    return {};
  }

  const std::string only = "say 'only at actors, program'";
  play_options how_;
  std::string url_;
  std::optional<wire_target> target_;
  memory::transcript told_;
  std::map<std::string, std::unique_ptr<wire_line>> lines_;
  std::shared_ptr<promises> watched_;
  bool is_at_once_ = false;
};

} // namespace

std::unique_ptr<player> make_wire_player(const application& with, const play_options& how) {
  return std::make_unique<wire_player>(with, how);
}

} // namespace callsign::testkit
