#include <callsign/testkit/story.hpp>

#include "net/src/bridge/network_core.hpp"
#include "net/src/bridge/server_core.hpp"
#include "net/src/rules/url.hpp"
#include "tests/kit/src/books.hpp"
#include "tests/kit/src/memory/client_state.hpp"

#include <algorithm>
#include <array>
#include <exception>
#include <memory>
#include <stdexcept>

namespace callsign::testkit {

namespace {

std::string seconds_of(std::chrono::nanoseconds time) {
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(time).count();
  return ms % 1000 == 0 ? std::to_string(ms / 1000) + " s" : std::to_string(ms) + " ms";
}

request request_of(const visitor& who, const std::string& url) {
  request asked;
  asked.url = url;
  const auto question = url.find('?');
  const auto path = std::string_view{url}.substr(0, question);
  asked.path = rules::decode_path(path).value_or(std::string{path});
  if (question != std::string::npos)
    asked.query = rules::parse_query(std::string_view{url}.substr(question + 1));
  asked.remote_address = who.remote_address;
  asked.subprotocols = who.subprotocols;
  asked.headers.add("Host", "callsign.test");
  for (const auto& [name, value] : who.headers)
    asked.headers.add(name, value);
  return asked;
}

} // namespace

/// The moment at which time alone makes something ready: in the door, or in the workers.
[[nodiscard]] static std::optional<std::chrono::steady_clock::time_point>
next_moment(const memory::backend& door, const scheduler& steps) {
  const auto there = door.next_due();
  const auto here = steps.next_timer();
  return there && here ? std::min(*there, *here) : there ? there : here;
}

/// Time that may pass, as a step.
class passing_time final : public step_source {
public:
  passing_time(virtual_clock& clock, const scheduler& steps) : clock_{clock}, steps_{steps} {}
  [[nodiscard]] std::size_t ready() const override { return due() ? 1 : 0; }
  void run(std::size_t) override { clock_.advance_to(*due()); }
  [[nodiscard]] std::string describe(std::size_t) const override { return "time passes"; }
  [[nodiscard]] std::string lane(std::size_t) const override { return "clock"; }

  const memory::backend* door = nullptr;
  std::optional<std::chrono::steady_clock::time_point> until;

private:
  [[nodiscard]] std::optional<std::chrono::steady_clock::time_point> due() const {
    if (!until || door == nullptr)
      return std::nullopt;
    const auto next = next_moment(*door, steps_);
    return next && *next <= *until && *next > clock_.now() ? next : std::nullopt;
  }
  virtual_clock& clock_;
  const scheduler& steps_;
};

class stage::scene {
public:
  explicit scene(stage_options how)
      : options{std::move(how)}, world{{.order_of_steps = options.order_of_steps,
                                        .workers = options.workers}} {
    world.workers().on_error([this](const task_error& what) {
      spoken->add_of(spoken->program, "worker \"" + what.worker + "\" reports: " + what.what);
      reported.push_back("worker \"" + what.worker + "\", " + what.label + ": " + what.what);
    });
    network_options io{.io_threads = options.io_threads,
                       .max_buffered_bytes = options.max_buffered_bytes,
                       .record = options.record};
    io.log = [this](log_level, std::string_view line) { log.emplace_back(line); };
    auto core = std::make_shared<detail::network_core>(
        world.workers().system(), std::move(io),
        [this](std::size_t threads, io_backend, const std::shared_ptr<door::ledger>&) {
          auto made =
              std::make_unique<memory::backend>(world.steps(), world.clock(), threads, spoken);
          door = made.get();
          return made;
        });
    for (std::size_t i = 0; i < core->turn_count(); ++i)
      world.steps().takes_turns(memory::lane_of(i), core->turn(i).where());
    network = std::make_unique<callsign::network>(std::move(core));
    world.steps().explores(false);
    passing.door = door;
    world.steps().add_source(passing);
    if (!options.has_web_server)
      return;
    web = std::make_unique<web_server>(*network, web_server_options{.port = 8080});
    if (const auto started = web->start(); !started)
      ADD_FAILURE() << "the web server of the stage does not start: "
                    << started.errors.front().message();
  }

  void fail(const where& at, const std::string& text) const {
    ADD_FAILURE_AT(at.file_name(), static_cast<int>(at.line())) << text << spoken->last();
  }

  /// Something that happens in the program.
  void note(std::string words) const { spoken->add_of(spoken->program, std::move(words)); }

  /// Who reads slowly and takes some next, and when.
  [[nodiscard]] client::state* next_slow_reader() const {
    client::state* first = nullptr;
    for (const auto& one : clients) {
      if (one->slow && (first == nullptr || one->slow->next < first->slow->next))
        first = one.get();
    }
    return first;
  }

  void settle(const where& at) {
    if (held != 0 || has_ended)
      return;
    auto& steps = world.steps();
    for (std::size_t n = 0; n < options.max_steps; ++n) {
      if (!steps.run_one())
        return;
    }
    if (steps.is_idle())
      return;
    std::string text = "the program does not come to rest: after " +
                       std::to_string(options.max_steps) + " steps there is still ready:";
    for (const auto& line : steps.ready())
      text += "\n  " + line;
    fail(at, text);
  }

  void remember_servers() {
    for (const auto& one : network->core()->servers()) {
      if (std::ranges::find(known, one) == known.end())
        known.push_back(one);
    }
  }

  void check_books(const where& at) {
    remember_servers();
    for (const auto& complaint : check(*network->core(), *door, known))
      fail(at, "the books are not in order: " + complaint);
  }

  client make_client(visitor who, const where& at) {
    auto shared = std::make_shared<client::state>();
    shared->name = who.name.empty() ? next_name() : who.name;
    shared->spoken = spoken;
    shared->settle = [this](where line) { settle(line); };
    shared->now = [this] { return world.clock().now(); };
    const std::string url = who.url.empty() ? options.url : who.url;
    spoken->add(shared->name + " -> joins " + url);
    shared->line = door->dial(who.port, request_of(who, url), shared->name, who.io_thread);
    if (shared->line == nullptr)
      spoken->add_of(shared->name, "finds nobody who listens");
    clients.push_back(shared);
    settle(at);
    return client{std::move(shared)};
  }

  std::string next_name() {
    constexpr std::array names{"ana", "bob", "eve"};
    const auto n = count_of_names++;
    return n < names.size() ? names[n] : "client " + std::to_string(n + 1);
  }

  stage_options options;
  testkit::world world;
  std::shared_ptr<memory::transcript> spoken = std::make_shared<memory::transcript>();
  std::vector<std::string> log;
  std::vector<std::string> reported;
  passing_time passing{world.clock(), world.steps()};
  memory::backend* door = nullptr; ///< owned by the network
  std::unique_ptr<callsign::network> network;
  std::unique_ptr<web_server> web;
  std::vector<std::shared_ptr<client::state>> clients;
  std::vector<std::shared_ptr<detail::server_core>> known;
  std::size_t count_of_names = 0;
  std::size_t held = 0;
  bool has_ended = false;
};

stage::stage(stage_options options) : scene_{std::make_unique<scene>(std::move(options))} {}

stage::~stage() { ends(); }

testkit::world& stage::world() noexcept { return scene_->world; }
callsign::workers& stage::workers() noexcept { return scene_->world.workers(); }
callsign::network& stage::network() noexcept { return *scene_->network; }
counter_values stage::counters() { return scene_->network->counters(); }
std::string stage::last_steps() const { return scene_->spoken->last(); }
const std::vector<std::string>& stage::log() const { return scene_->log; }
void stage::settle(where at) { scene_->settle(at); }
void stage::hold() { ++scene_->held; }

callsign::web_server& stage::web(where at) {
  if (scene_->web == nullptr) {
    scene_->fail(at, "this stage has no web server of its own");
    throw std::logic_error("a stage has no web server of its own");
  }
  return *scene_->web;
}

void stage::release(where at) {
  if (--scene_->held != 0)
    return;
  auto& steps = scene_->world.steps();
  steps.explores(true);
  scene_->settle(at);
  steps.explores(false);
  if (const auto until = std::exchange(scene_->passing.until, std::nullopt))
    scene_->world.clock().advance_to(*until);
  scene_->settle(at);
}

void stage::time_may_pass(std::chrono::nanoseconds most, where at) {
  if (scene_->held == 0)
    return scene_->fail(at, "time may pass at any moment within at_once only; here, say passes");
  scene_->passing.until = scene_->world.clock().now() + most;
}

void stage::after_steps(std::size_t count) {
  while (count-- > 0 && scene_->world.steps().run_one()) {
  }
}

server_ref stage::serves(std::shared_ptr<server_handler> handler, server_options options,
                         std::string_view worker, where at) {
  const std::string path = options.path;
  server_ref made;
  std::string failed;
  const auto* web = scene_->web.get();
  if (web == nullptr) {
    scene_->fail(at, "there is no server on " + memory::in_quotes(path) +
                         ": this stage has no web server of its own");
    return made;
  }
  workers().call(
      worker,
      [&](callsign::worker& self) {
        try {
          websocket_server server{self, web->ref(), std::move(handler), std::move(options)};
          made = server.ref();
          self[servers].emplace_back(path, std::move(server));
        } catch (const std::exception& e) {
          failed = e.what();
        }
      },
      at);
  scene_->settle(at);
  if (!failed.empty())
    scene_->fail(at, "there is no server on " + memory::in_quotes(path) + ": " + failed);
  scene_->remember_servers();
  return made;
}

void stage::clears(std::string_view path, std::string_view worker, where at) {
  scene_->note("the server on " + std::string{path} + " is cleared");
  workers().call(
      worker,
      [path = std::string{path}](callsign::worker& self) {
        std::erase_if(self[servers], [&](const auto& one) { return one.first == path; });
      },
      at);
  scene_->settle(at);
}

client stage::joins(where at) { return scene_->make_client({}, at); }
client stage::joins_as(visitor who, where at) { return scene_->make_client(std::move(who), at); }

void stage::calls(std::string_view worker, task what, where at) {
  scene_->note("worker \"" + std::string{worker} + "\" is called");
  workers().call(worker, std::move(what), at);
  scene_->settle(at);
}

void stage::kills(std::string_view worker, where at) {
  scene_->note("worker \"" + std::string{worker} + "\" is killed");
  workers().kill(worker);
  scene_->settle(at);
}

void stage::aborts(std::string_view worker, where at) {
  scene_->note("worker \"" + std::string{worker} + "\" is aborted");
  workers().abort(worker);
  scene_->settle(at);
}

void stage::passes(std::chrono::nanoseconds time, where at) {
  scene_->settle(at);
  auto& clock = scene_->world.clock();
  const auto until = clock.now() + time;
  scene_->spoken->add(seconds_of(time) + " pass");
  for (;;) {
    const auto due = next_moment(*scene_->door, scene_->world.steps());
    auto* reader = scene_->next_slow_reader();
    if (reader != nullptr && reader->slow->next <= until && (!due || reader->slow->next <= *due)) {
      clock.advance_to(reader->slow->next);
      reader->takes_its_share();
    } else if (due && *due <= until) {
      clock.advance_to(*due);
    } else {
      break;
    }
    scene_->settle(at);
  }
  clock.advance_to(until);
  scene_->settle(at);
}

void stage::reports(std::string_view part_of_text, where at) {
  scene_->settle(at);
  auto& all = scene_->reported;
  if (all.empty()) {
    scene_->fail(at, "an error with " + memory::in_quotes(part_of_text) +
                         " should be reported, but none is");
    return;
  }
  const std::string first = all.front();
  all.erase(all.begin());
  if (first.find(part_of_text) == std::string::npos)
    scene_->fail(at, "an error with " + memory::in_quotes(part_of_text) +
                         " should be reported, but it is: " + first);
}

void stage::watches_promises(promise_options what) {
  scene_->spoken->watched.emplace(std::move(what));
}

void stage::keeps_its_promises(where at) {
  scene_->settle(at);
  if (!scene_->spoken->watched)
    return scene_->fail(at, "no promise was watched; say watches_promises before");
  std::string text;
  for (const auto& wrong : scene_->spoken->watched->broken())
    text += (text.empty() ? "a promise is broken: " : "\na promise is broken: ") + wrong;
  if (!text.empty())
    scene_->fail(at, text);
}

void stage::after_each_step(std::function<void(memory::backend&)> what) {
  scene_->world.steps().after_each([this, what = std::move(what)] { what(*scene_->door); });
}

void stage::all_is_quiet(where at) {
  scene_->settle(at);
  for (const auto& who : scene_->clients) {
    if (who->line != nullptr && !who->line->heard.empty()) {
      scene_->fail(at, "it is not quiet: " + who->name + " hears " + who->rest_in_words());
      who->line->heard.clear();
    }
  }
  for (const auto& what : std::exchange(scene_->reported, {}))
    scene_->fail(at, "it is not quiet: reported by " + what);
  scene_->check_books(at);
}

void stage::ends(where at) {
  if (std::exchange(scene_->has_ended, true))
    return;
  scene_->held = 0;
  scene_->world.steps().after_each(nullptr);
  scene_->world.steps().remove_source(scene_->passing);
  scene_->remember_servers();
  workers().stop();
  for (const auto& what : std::exchange(scene_->reported, {}))
    scene_->fail(at, "at the end there is an error that no verb asked for: " + what);
  scene_->check_books(at);
  if (!scene_->door->lines().empty())
    scene_->fail(at, "at the end there are still sessions");
  // What is left in the clients' hands is no longer anybody's.
  scene_->web.reset();
  scene_->known.clear();
}

} // namespace callsign::testkit
