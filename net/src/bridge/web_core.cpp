#include "net/src/bridge/web_core.hpp"

#include "actors/src/incarnation.hpp"
#include "net/src/bridge/connection_actor.hpp"
#include "net/src/bridge/io_turn.hpp"
#include "net/src/bridge/network_core.hpp"
#include "net/src/bridge/server_core.hpp"
#include "net/src/rules/origin.hpp"

#include <algorithm>

namespace callsign::detail {

namespace {

/// The desk as the sockets know it. It does not keep the web server, which keeps the network, which
/// keeps the sockets.
class desk_outside final : public door::front_desk {
public:
  explicit desk_outside(std::weak_ptr<web_core> inside) : inside_{std::move(inside)} {}
  door::upgrade_answer upgrade_asked(door::session& from, request&& asked,
                                     door::io_thread& here) override {
    const auto web = inside_.lock();
    return web == nullptr ? door::upgrade_answer{}
                          : web->upgrade_asked(from, std::move(asked), here);
  }

private:
  std::weak_ptr<web_core> inside_;
};

} // namespace

web_core::web_core(std::shared_ptr<network_core> network, web_server_options stored)
    : network_{std::move(network)}, stored_{std::move(stored)} {}

web_core::~web_core() { network_->remove(*this); }

start_result web_core::start(std::optional<web_server_options> for_now) {
  web_server_options how;
  {
    const std::scoped_lock guard{lock_};
    if (phase_ != phase::stopped) {
      return {false,
              {{make_error_code(errc::web_server_running), "start the web server",
                phase_ == phase::running ? "stop it first"
                                         : "it is still stopping: wait for stop to return"}}};
    }
    phase_ = phase::running;
    how = for_now ? *for_now : stored_;
    in_use_ = how;
    is_drained_ = false;
  }
  std::vector<error> errors;
  auto service = network_->listen(how, std::make_shared<desk_outside>(weak_from_this()), errors);
  const std::scoped_lock guard{lock_};
  if (service == nullptr) {
    phase_ = phase::stopped;
    in_use_.reset();
    return {false, std::move(errors)};
  }
  service_ = std::move(service);
  in_use_->port = service_->port();
  network_->add(*this);
  return {true, {}};
}

void web_core::stop_listening() {
  std::shared_ptr<door::web_service> service;
  {
    const std::scoped_lock guard{lock_};
    service = service_;
  }
  if (service != nullptr)
    service->stop_listening();
}

void web_core::network_ended() {
  std::shared_ptr<door::web_service> gone;
  {
    const std::scoped_lock guard{lock_};
    phase_ = phase::stopped;
    in_use_.reset();
    gone.swap(service_);
  }
  network_->remove(*this);
  changed_.notify_all();
}

void web_core::begin_stop() {
  std::shared_ptr<door::web_service> service;
  std::vector<std::shared_ptr<server_core>> riding;
  {
    const std::scoped_lock guard{lock_};
    if (phase_ != phase::running || service_ == nullptr)
      return;
    phase_ = phase::stopping;
    service = service_;
    for (const auto& [path, who] : servers_)
      riding.push_back(who);
  }
  service->stop_listening();
  for (const auto& who : riding)
    who->terminate(closing::normal);
  service->when_drained([self = shared_from_this()] {
    {
      const std::scoped_lock guard{self->lock_};
      self->is_drained_ = true;
    }
    self->finish_if_empty();
  });
}

void web_core::finish_if_empty() {
  std::shared_ptr<door::web_service> gone;
  {
    const std::scoped_lock guard{lock_};
    if (phase_ != phase::stopping || !is_drained_ || !servers_.empty())
      return;
    phase_ = phase::stopped;
    in_use_.reset();
    gone.swap(service_);
  }
  network_->remove(*this);
  changed_.notify_all();
}

void web_core::stop() {
  begin_stop();
  if (incarnation::current() != nullptr || connection_actor::current() != nullptr)
    return;
  if (const auto& pump = network_->workers().hooks().pump) {
    while (is_running() && network_->is_open() && pump()) {
    }
    return;
  }
  auto& workers = network_->workers();
  const auto deadline = std::chrono::steady_clock::now() + workers.options().stop_deadline;
  std::unique_lock guard{lock_};
  // Once the network has ended, nobody is left to tell us.
  while (phase_ == phase::stopping && network_->is_open() &&
         std::chrono::steady_clock::now() < deadline)
    changed_.wait_for(guard, std::chrono::milliseconds{50});
  if (phase_ != phase::stopping || !network_->is_open())
    return;
  std::string late = "the web server did not stop in time";
  for (const auto& [path, who] : servers_) {
    late += "; the server on " + (who->options().path.empty() ? "every path" : who->options().path);
    late += " waits for the worker \"" + who->owner().name() + '"';
  }
  guard.unlock();
  workers.warn(late);
}

bool web_core::is_running() const {
  const std::scoped_lock guard{lock_};
  return phase_ != phase::stopped && service_ != nullptr;
}

web_server_options web_core::options() const {
  const std::scoped_lock guard{lock_};
  return in_use_ ? *in_use_ : stored_;
}

std::uint16_t web_core::port() const {
  const std::scoped_lock guard{lock_};
  return service_ == nullptr ? std::uint16_t{0} : service_->port();
}

std::vector<std::string> web_core::urls() const {
  const std::scoped_lock guard{lock_};
  return service_ == nullptr ? std::vector<std::string>{} : service_->urls();
}

void web_core::add(const rules::path_pattern& path, std::shared_ptr<server_core> who) {
  const auto shown = path.what == rules::path_pattern::kind::any      ? std::string{"every path"}
                     : path.what == rules::path_pattern::kind::prefix ? path.text + "*"
                                                                      : path.text;
  const std::scoped_lock guard{lock_};
  if (phase_ != phase::running || service_ == nullptr) {
    throw failure{{make_error_code(errc::web_server_not_running),
                   "make a WebSocket server on " + shown, "start the web server before"}};
  }
  if (!servers_.add(path, std::move(who))) {
    throw failure{
        {make_error_code(errc::path_in_use), "make a WebSocket server on " + shown,
         "terminate the server that has it, or clear the variable that holds it, and wait for its "
         "on_terminate"}};
  }
}

std::vector<std::shared_ptr<server_core>> web_core::servers() const {
  std::vector<std::shared_ptr<server_core>> all;
  const std::scoped_lock guard{lock_};
  for (const auto& [path, who] : servers_)
    all.push_back(who);
  return all;
}

void web_core::remove(const rules::path_pattern& path, const server_core& who) {
  {
    const std::scoped_lock guard{lock_};
    const bool is_its =
        std::ranges::any_of(servers_, [&](const auto& one) { return one.second.get() == &who; });
    if (!is_its)
      return;
    servers_.remove(path);
  }
  finish_if_empty();
}

std::shared_ptr<server_core> web_core::server_for(std::string_view path) const {
  const std::scoped_lock guard{lock_};
  const auto* found = servers_.find(path);
  return found == nullptr ? nullptr : *found;
}

std::string web_core::pick_subprotocol(const std::vector<std::string>& known,
                                       const request& asked) {
  for (const auto& one : known) {
    if (std::ranges::find(asked.subprotocols, one) != asked.subprotocols.end())
      return one;
  }
  return {};
}

door::upgrade_answer web_core::upgrade_asked(door::session& from, request&& asked,
                                             door::io_thread& here) {
  using answer = door::upgrade_answer;
  const auto server = server_for(asked.path);
  if (server == nullptr)
    return {};
  auto& books = network_->books();
  books.count(counter::upgrades_asked);
  const auto refuse = [&](counter why, int status, std::string text) {
    books.count(why);
    books.log(log_level::info,
              "refused a client from " + asked.remote_address + " on " + asked.path + ": " + text);
    return answer{answer::kind::refused, status, std::move(text), nullptr};
  };
  if (server->is_ending())
    return refuse(counter::refused_stopping, 503, "the server is ending");
  const auto host = asked.headers.find("Host").value_or("");
  const auto origins = asked.headers.values("Origin");
  // Browsers send one. A second one says that somebody tampered.
  if (origins.size() > 1 ||
      (!origins.empty() && !rules::may_come_from(origins.front(), host, server->options().origins)))
    return refuse(counter::refused_origin, 403, "this origin is not allowed");
  if (const auto full = server->take_seat(asked.remote_address)) {
    return refuse(*full, 503,
                  *full == counter::refused_full ? "too many connections"
                                                 : "too many connections from this address");
  }
  auto& turn = network_->turn(here.index());
  auto subprotocol = pick_subprotocol(server->options().subprotocols, asked);
  auto core = std::make_shared<connection_core>(server, turn.shared_lane(), std::move(asked),
                                                std::move(subprotocol), from.number());
  auto actor =
      spawn_light<connection_actor>(network_->workers().actors(), turn.where(), turn, from, core);
  // The session's share in the actor, of which it knows the line alone.
  const std::shared_ptr<connection_line> line{&caf::actor_cast<connection_actor*>(actor)->line(),
                                              [actor](const connection_line*) {}};
  line->set_actor(actor);
  turn.announce(*core, std::move(actor));
  if (server->options().when == admit::after_handshake) {
    // A command may not be given from inside a fact: the handshake is the next step.
    here.post([line] { line->admit(); });
  }
  line->watch_admission();
  server->ask(core);
  return {answer::kind::waiting, 0, {}, line};
}

} // namespace callsign::detail
