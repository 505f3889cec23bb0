#include <callsign/testkit/world.hpp>

#include "actors/src/worker_system.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <utility>

namespace callsign::testkit {

namespace {

void fail(const std::source_location& where, const std::string& text) {
  ADD_FAILURE_AT(where.file_name(), static_cast<int>(where.line())) << text;
}

std::string in_quotes(std::string_view name) { return '"' + std::string{name} + '"'; }

std::string in_words(mail kind) {
  const std::string word{to_string(kind)};
  return kind == mail::opened || kind == mail::end ? "an " + word : "a " + word;
}

std::string everything_ready(const scheduler& steps) {
  std::string text;
  for (const auto& line : steps.ready())
    text += "\n  " + line;
  return text.empty() ? "\nnothing is ready" : "\nready:" + text;
}

} // namespace

class world::trace {
public:
  explicit trace(const schedule& how)
      : scope_{__FILE__, __LINE__,
               "the steps ran in random order, seed " + std::to_string(how.seed) +
                   "; the same seed replays them"} {}

private:
  testing::ScopedTrace scope_;
};

world::world(world_options options)
    : trace_{options.order_of_steps.steps == order::random
                 ? std::make_unique<trace>(options.order_of_steps)
                 : nullptr},
      scheduler_{clock_, options.order_of_steps}, max_steps_{options.max_steps},
      workers_{std::make_unique<callsign::workers>(
          detail::make_worker_system(options.workers, scheduler_.hooks()))} {}

world::~world() = default;

call_result world::call(std::string_view name, task what, std::source_location where) {
  return workers_->call(name, std::move(what), where);
}

std::size_t world::run(std::source_location where) { return scheduler_.run_all(max_steps_, where); }

injection world::inject(task what, std::source_location where) {
  return {*this, std::move(what), where};
}

expectation world::expect(mail kind, std::source_location where) { return {*this, kind, where}; }

permission world::allow(mail kind, std::source_location where) { return {*this, kind, where}; }

preference world::prepone(mail kind, std::source_location where) { return {*this, kind, where}; }

prohibition world::disallow(mail kind, std::source_location where) { return {*this, kind, where}; }

void world::expect_silence(std::source_location where) {
  if (!scheduler_.is_idle())
    fail(where, "this is no silence" + everything_ready(scheduler_));
}

void injection::to(std::string_view receiver) && {
  auto& system = in_->workers().system();
  worker_number sender = 0;
  if (!sender_.empty()) {
    sender = in_->workers().number_of(sender_);
    if (sender == 0) {
      fail(where_, "nobody is called " + in_quotes(sender_) + ", so nobody can call from there");
      return;
    }
  }
  if (in_->steps().next_of(receiver)) {
    fail(where_,
         "the injected task would not be the next step, because something waits already:\n  " +
             in_->steps().describe_next_of(receiver));
    return;
  }
  const auto result = system.call_from(sender, receiver, std::move(what_), where_);
  if (result != call_result::queued && result != call_result::created) {
    fail(where_, "the injected task was not accepted by worker " + in_quotes(receiver));
    return;
  }
  in_->steps().run_one_of(receiver);
}

bool mail_sentence::is_next(std::string_view receiver) const {
  const auto all = in_->steps().waiting_for(receiver);
  return !all.empty() && all.front().kind == kind_ &&
         (sender_.empty() || all.front().sender == sender_);
}

std::string mail_sentence::in_words(std::string_view receiver) const {
  return testkit::in_words(kind_) + (sender_.empty() ? "" : " from worker " + in_quotes(sender_)) +
         " to worker " + in_quotes(receiver);
}

std::string mail_sentence::next_in_words(std::string_view receiver) const {
  const auto all = in_->steps().waiting_for(receiver);
  if (all.empty())
    return "nothing waits for it";
  const auto& first = all.front();
  std::string text = "next comes " + testkit::in_words(first.kind);
  if (!sender_.empty())
    text += first.sender.empty() ? " from no worker" : " from worker " + in_quotes(first.sender);
  return text;
}

void mail_sentence::fail(const std::string& text) const { testkit::fail(where_, text); }

void expectation::to(std::string_view receiver) && {
  in_->steps().run_due_timers();
  if (is_next(receiver))
    in_->steps().run_one_of(receiver);
  else
    fail("expected " + in_words(receiver) + ", but " + next_in_words(receiver) +
         everything_ready(in_->steps()));
}

bool permission::to(std::string_view receiver) && {
  in_->steps().run_due_timers();
  return is_next(receiver) && in_->steps().run_one_of(receiver);
}

void prohibition::to(std::string_view receiver) && {
  in_->steps().run_due_timers();
  if (is_next(receiver))
    fail(in_words(receiver) + " is not allowed here:\n  " +
         in_->steps().describe_next_of(receiver));
}

void preference::to(std::string_view receiver) && {
  in_->steps().run_due_timers();
  const auto all = in_->steps().waiting_for(receiver);
  const auto wanted = std::ranges::find_if(all, [this](const auto& one) {
    return one.kind == kind_ && (sender_.empty() || one.sender == sender_);
  });
  if (wanted == all.end())
    return fail("there is not " + in_words(receiver) + " that could come first" +
                everything_ready(in_->steps()));
  const auto overtaken = std::ranges::find_if(all.begin(), wanted, [&](const auto& one) {
    return one.kind == mail::end || one.sender == wanted->sender;
  });
  if (overtaken != wanted)
    return fail(in_words(receiver) + " cannot come first: it would overtake " +
                (overtaken->kind == mail::end
                     ? "the end that was asked for"
                     : "the " + std::string{to_string(overtaken->kind)} + " given at " +
                           overtaken->where + ", which has the same sender"));
  in_->steps().prepone(receiver, static_cast<std::size_t>(wanted - all.begin()));
}

} // namespace callsign::testkit
