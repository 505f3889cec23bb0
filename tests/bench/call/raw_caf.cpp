// Functions sent to one actor of the actor framework underneath, without Callsign.

#include "call/contest.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/atom.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>

#include <functional>
#include <memory>
#include <utility>
#include <vector>

namespace {

using function = std::function<void()>;

} // namespace

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(function)

namespace bench::call {
namespace {

class function_runner final : public caf::event_based_actor {
public:
  using caf::event_based_actor::event_based_actor;

protected:
  caf::behavior make_behavior() override {
    return {[](const function& task) { task(); }};
  }
};

/// One thread, which sleeps when idle.
struct one_thread : caf::actor_system_config {
  one_thread() {
    set("scheduler.policy", caf::atom("sharing"));
    set("scheduler.max-threads", 1);
  }
};

/// An actor system and actors in it.
class receivers {
public:
  receivers() = default;
  ~receivers() {
    for (const caf::actor& one : actors_)
      caf::anon_send_exit(one, caf::exit_reason::user_shutdown);
  }
  receivers(const receivers&) = delete;
  receivers& operator=(const receivers&) = delete;

  void call_new(function task) {
    actors_.push_back(system_.spawn<function_runner>());
    post(std::move(task));
  }
  /// To the last one made.
  void post(function task) const { caf::anon_send(actors_.back(), std::move(task)); }

private:
  one_thread config_;
  caf::actor_system system_{config_};
  std::vector<caf::actor> actors_;
};

/// The same with one actor.
class receiver : public receivers {
public:
  receiver() {
    call_new([] {});
  }
};

void raw_caf(benchmark::State& state) {
  tally received;
  const receiver one;
  measure_throughput(state, received, [&] { one.post([&received] { received.count_one(); }); });
}
BENCHMARK(raw_caf)->Apply(with_producers);

void raw_caf_round_trip(benchmark::State& state) {
  tally received;
  const receiver one;
  measure_round_trip(state, received, [&] { one.post([&received] { received.count_one(); }); });
}
BENCHMARK(raw_caf_round_trip)->Apply(with_one_caller);

/// A plain thread asks an actor of CAF's and waits in its own way.
void raw_caf_request_receive(benchmark::State& state) {
  one_thread config;
  caf::actor_system system{config};
  const auto asked = system.spawn(
      [](caf::event_based_actor*) -> caf::behavior { return {[](int value) { return value; }}; });
  caf::scoped_actor self{system};
  measure_trips(state, [&] {
    self->request(asked, std::chrono::seconds{5}, 1)
        .receive([](int) {}, [&](const caf::error&) { state.SkipWithError("no answer"); });
  });
  caf::anon_send_exit(asked, caf::exit_reason::user_shutdown);
}
BENCHMARK(raw_caf_request_receive)->Apply(with_one_caller);

void raw_caf_create(benchmark::State& state) {
  measure_creation(state, [] { return std::make_unique<receivers>(); });
}
BENCHMARK(raw_caf_create)->Apply(as_creation);

void raw_caf_idle_memory(benchmark::State& state) {
  measure_idle_memory(state, [] { return std::make_unique<receivers>(); });
}
BENCHMARK(raw_caf_idle_memory)->Apply(as_memory);

} // namespace
} // namespace bench::call
