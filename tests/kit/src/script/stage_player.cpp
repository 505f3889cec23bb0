// The two altitudes in memory.

#include <callsign/testkit/story.hpp>

#include "tests/kit/src/script/player.hpp"

#include <gtest/gtest-spi.h>

#include <map>
#include <utility>

namespace callsign::testkit {

namespace {

/// What the verbs complain about, instead of a test's failures.
class complaints {
public:
  template <class Deed>
  std::string of(Deed&& deed) {
    testing::TestPartResultArray all;
    {
      testing::ScopedFakeTestPartResultReporter reporter{
          testing::ScopedFakeTestPartResultReporter::INTERCEPT_ONLY_CURRENT_THREAD, &all};
      std::forward<Deed>(deed)();
    }
    std::string text;
    for (int i = 0; i < all.size(); ++i) {
      std::string one = all.GetTestPartResult(i).message();
      constexpr std::string_view failed = "Failed\n";
      if (one.starts_with(failed))
        one.erase(0, failed.size());
      text += (text.empty() ? "" : "\n") + one;
    }
    return text;
  }
};

class stage_player final : public player {
public:
  explicit stage_player(stage_options how) {
    beginning_ = complaints{}.of([&] { stage_.emplace(std::move(how)); });
  }
  ~stage_player() override {
    complaints{}.of([&] { end(); });
  }

  template <class Opening>
  void open(Opening opening) {
    if (beginning_.empty())
      beginning_ = complaints{}.of([&] { opening(*stage_); });
  }
  void keep(std::shared_ptr<void> running) { running_ = std::move(running); }
  void begin_with(std::string complaint) { beginning_ = std::move(complaint); }

  std::string play(const script_step& step) override {
    if (!beginning_.empty())
      return std::exchange(beginning_, {});
    if (step.what == kind::at_once) {
      block_.emplace();
      return {};
    }
    if (block_ && step.what != kind::end) {
      block_->push_back(&step);
      return {};
    }
    return complaints{}.of([&] {
      if (step.what != kind::end)
        return act(step);
      const auto block = std::move(*block_);
      block_.reset();
      stage_->at_once([&] {
        for (const auto* one : block)
          act(*one);
      });
    });
  }

  std::string finish() override {
    if (!beginning_.empty())
      return std::exchange(beginning_, {});
    return complaints{}.of([&] { end(); });
  }

private:
  using kind = script_step::kind;

  void end() {
    if (!stage_)
      return;
    clients_.clear();
    stage_->ends();
    running_.reset();
    stage_.reset();
  }

  void act(const script_step& step) {
    switch (step.what) {
    case kind::pass: return stage_->passes(step.time);
    case kind::quiet: return stage_->all_is_quiet();
    case kind::kill: return stage_->kills(step.who);
    case kind::abort: return stage_->aborts(step.who);
    case kind::report: return stage_->reports(step.values.front().bytes);
    case kind::watch:
      return stage_->watches_promises(
          {.greeting = step.values.empty() ? std::string{} : step.values.front().bytes});
    case kind::promises_are_kept: return stage_->keeps_its_promises();
    case kind::joins: clients_[step.who] = stage_->joins_as(step.as); return;
    default: return act(clients_.at(step.who), step);
    }
  }

  static void act(client& who, const script_step& step) {
    switch (step.what) {
    case kind::says:
      for (const auto& one : step.values)
        says(who, one);
      return;
    case kind::begins: return who.begins_to_say(step.values.front().bytes);
    case kind::pings: return who.pings();
    case kind::breaks_the_protocol: return who.breaks_the_protocol();
    case kind::leaves: return who.leaves(step.code, step.reason.value_or(std::string{}));
    case kind::vanishes: return who.vanishes();
    case kind::falls_silent: return who.falls_silent();
    case kind::ignores_goodbyes: return who.ignores_goodbyes();
    case kind::stops_reading: return who.stops_reading();
    case kind::reads_slowly: return who.reads_slowly(step.bytes, step.time);
    case kind::reads_again: return who.reads_again();
    case kind::hears:
      for (const auto& one : step.values)
        hears(who, one);
      return;
    case kind::hears_in_any_order: {
      std::vector<std::string> texts;
      for (const auto& one : step.values)
        texts.push_back(one.bytes);
      return who.hears_in_any_order(std::move(texts));
    }
    case kind::hears_pong: return who.hears_pong();
    case kind::hears_nothing: return who.hears_nothing();
    case kind::hears_anything: who.takes_all(); return;
    case kind::is_refused: return who.is_refused(step.code);
    case kind::finds_nobody: return who.finds_nobody();
    case kind::is_told_goodbye:
      return step.reason ? who.is_told_goodbye(step.code, *step.reason)
                         : who.is_told_goodbye(step.code);
    case kind::is_cut_off: return who.is_cut_off();
    default: return;
    }
  }

  static void says(client& who, const script_value& what) {
    if (what.what == script_value::kind::binary)
      who.says_binary(what.bytes);
    else
      who.says(what.bytes);
  }
  static void hears(client& who, const script_value& what) {
    switch (what.what) {
    case script_value::kind::text: return who.hears(what.bytes);
    case script_value::kind::binary: return who.hears_binary(what.bytes);
    case script_value::kind::json: return who.hears_json(what.bytes);
    }
  }

  std::string beginning_; ///< what went wrong with it
  std::optional<stage> stage_;
  std::shared_ptr<void> running_;
  std::map<std::string, client> clients_;
  std::optional<std::vector<const script_step*>> block_;
};

} // namespace

std::unique_ptr<player> make_actors_player(const application& with, const play_options& how) {
  auto made = std::make_unique<stage_player>(
      stage_options{.io_threads = 1, .url = with.url, .max_steps = how.max_steps});
  if (!with.handler)
    made->begin_with("this application has no handler for the altitude of the actors");
  made->open([&](stage& here) { here.serves(with.handler(), with.options); });
  return made;
}

std::unique_ptr<player> make_program_player(const application& with, const play_options& how,
                                            std::uint64_t seed) {
  auto made = std::make_unique<stage_player>(stage_options{
      .order_of_steps = {.steps = seed == 0 ? order::fifo : order::random, .seed = seed},
      .has_web_server = false,
      .url = with.url,
      .max_steps = how.max_steps});
  if (!with.starts)
    made->begin_with("this application cannot be started at the altitude of the program");
  made->open([&](stage& here) {
    made->keep(with.starts(here.workers(), here.network()));
    here.settle();
  });
  return made;
}

} // namespace callsign::testkit
