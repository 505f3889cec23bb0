#include <callsign/testkit/world.hpp>

#include "actors/src/worker_system.hpp"

#include <gtest/gtest.h>

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
      scheduler_{clock_, options.order_of_steps}, workers_{std::make_unique<callsign::workers>(
                                                      detail::make_worker_system(
                                                          options.workers, scheduler_.hooks()))} {}

world::~world() = default;

call_result world::call(std::string_view name, task what, std::source_location where) {
  return workers_->call(name, std::move(what), where);
}

std::size_t world::run(std::source_location where) {
  return scheduler_.run_all(scheduler::default_limit, where);
}

injection world::inject(task what, std::source_location where) {
  return {*this, std::move(what), where};
}

expectation world::expect(mail kind, std::source_location where) { return {*this, kind, where}; }

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

void expectation::to(std::string_view receiver) && {
  const auto next = in_->steps().next_of(receiver);
  if (next == kind_) {
    in_->steps().run_one_of(receiver);
    return;
  }
  fail(where_, "expected " + in_words(kind_) + " to worker " + in_quotes(receiver) + ", but " +
                   (next ? "next comes " + in_words(*next) : "nothing waits for it") +
                   everything_ready(in_->steps()));
}

void prohibition::to(std::string_view receiver) && {
  if (in_->steps().next_of(receiver) != kind_)
    return;
  fail(where_, in_words(kind_) + " to worker " + in_quotes(receiver) + " is not allowed here:\n  " +
                   in_->steps().describe_next_of(receiver));
}

} // namespace callsign::testkit
