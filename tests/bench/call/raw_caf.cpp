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

/// An actor system whose one thread sleeps when idle, and one actor in it.
class receiver {
public:
  receiver() : system_{config_}, actor_{system_.spawn<function_runner>()} {}
  ~receiver() { caf::anon_send_exit(actor_, caf::exit_reason::user_shutdown); }
  receiver(const receiver&) = delete;
  receiver& operator=(const receiver&) = delete;

  void post(function task) const { caf::anon_send(actor_, std::move(task)); }

private:
  struct config : caf::actor_system_config {
    config() {
      set("scheduler.policy", caf::atom("sharing"));
      set("scheduler.max-threads", 1);
    }
  };

  config config_;
  caf::actor_system system_;
  caf::actor actor_;
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
  caf::actor_system_config config;
  config.set("scheduler.policy", caf::atom("sharing"));
  config.set("scheduler.max-threads", 1);
  caf::actor_system system{config};
  const auto asked = system.spawn(
      [](caf::event_based_actor*) -> caf::behavior { return {[](int value) { return value; }}; });
  caf::scoped_actor self{system};
  for ([[maybe_unused]] auto unused : state) {
    self->request(asked, std::chrono::seconds{5}, 1)
        .receive([](int) {}, [&](const caf::error&) { state.SkipWithError("no answer"); });
  }
  state.SetItemsProcessed(state.iterations());
  caf::anon_send_exit(asked, caf::exit_reason::user_shutdown);
}
BENCHMARK(raw_caf_request_receive)->Apply(with_one_caller);

} // namespace
} // namespace bench::call
