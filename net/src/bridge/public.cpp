// What applications call, passed on to the state behind it.
#include "actors/src/worker_system.hpp"
#include "net/src/bridge/network_core.hpp"
#include "net/src/bridge/server_core.hpp"
#include "net/src/bridge/web_core.hpp"

#include <callsign/network.hpp>
#include <callsign/web_server.hpp>
#include <callsign/websocket_server.hpp>

#include <stdexcept>

namespace callsign {

// -- handlers -------------------------------------------------------------------------------------

void connection_handler::on_open(websocket_connection&) {}
void connection_handler::on_error(websocket_connection&, const error_event&) {}
void connection_handler::on_terminate(websocket_connection&, const termination&) {}
void server_handler::on_open(websocket_server&) {}
void server_handler::on_error(websocket_server&, const error_event&) {}
void server_handler::on_terminate(websocket_server&) {}

// -- data types -----------------------------------------------------------------------------------

std::string_view to_string(data_type type) noexcept {
  switch (type) {
  case data_type::text: return "text";
  case data_type::blob: return "blob";
  case data_type::object: return "object";
  case data_type::as_received: return "as received";
  }
  return "unknown";
}

data_type parse_data_type(std::string_view name) {
  for (const auto type :
       {data_type::text, data_type::blob, data_type::object, data_type::as_received}) {
    if (to_string(type) == name)
      return type;
  }
  throw failure{{make_error_code(errc::unknown_data_type),
                 "use the data type \"" + std::string{name} + '"',
                 "use text, blob, object or as received"}};
}

// -- network --------------------------------------------------------------------------------------

network::network(workers& set, network_options options)
    : core_{std::make_shared<detail::network_core>(set.system(), std::move(options))} {}

network::network(std::shared_ptr<detail::network_core> core) : core_{std::move(core)} {}

network::~network() {
  // A worker cannot wait for servers that may be its own.
  if (detail::incarnation::current() != nullptr) {
    core_->abandon();
    return;
  }
  core_->stop_listening();
  core_->stop_network(std::chrono::steady_clock::now() + core_->workers().options().stop_deadline);
}

counter_values network::counters() const { return core_->books().values(); }

// -- web server -----------------------------------------------------------------------------------

web_server::web_server(workers& set, web_server_options options, network_options io)
    : own_{std::make_unique<network>(set, std::move(io))}, core_{std::make_shared<detail::web_core>(
                                                               own_->core(), std::move(options))} {}

web_server::web_server(network& shared, web_server_options options)
    : core_{std::make_shared<detail::web_core>(shared.core(), std::move(options))} {}

web_server::~web_server() { stop(); }

start_result web_server::start(std::optional<web_server_options> for_now) {
  return core_->start(std::move(for_now));
}
void web_server::stop() { core_->stop(); }
bool web_server::is_running() const noexcept { return core_->is_running(); }
web_server_options web_server::options() const { return core_->options(); }
std::uint16_t web_server::port() const { return core_->port(); }
std::vector<std::string> web_server::urls() const { return core_->urls(); }
counter_values web_server::counters() const { return core_->network().books().values(); }

bool web_server_ref::is_running() const noexcept { return core_ != nullptr && core_->is_running(); }
std::uint16_t web_server_ref::port() const {
  return core_ == nullptr ? std::uint16_t{0} : core_->port();
}
std::vector<std::string> web_server_ref::urls() const {
  return core_ == nullptr ? std::vector<std::string>{} : core_->urls();
}
void web_server_ref::stop() const {
  if (core_ != nullptr)
    core_->begin_stop();
}

// -- WebSocket server -----------------------------------------------------------------------------

namespace {

void check(const server_options& how) {
  const auto demand = [](bool is_good, const char* what, const char* remedy) {
    if (!is_good)
      throw failure{
          {make_error_code(errc::bad_option), std::string{"use the option "} + what, remedy}};
  };
  demand(how.max_message_bytes > 0, "max_message_bytes", "give at least 1");
  demand(how.max_fragments > 0, "max_fragments", "give at least 1");
  demand(how.max_queued_bytes > 0, "max_queued_bytes", "give at least 1");
  demand(how.max_connections > 0, "max_connections", "give at least 1");
  demand(how.max_per_address > 0, "max_per_address", "give at least 1");
  for (const auto span : {how.ping_after, how.pong_within, how.admission_deadline,
                          how.message_deadline, how.close_deadline}) {
    demand(span.count() >= 0, "with a duration",
           "give no negative duration; zero switches the rule off");
  }
  demand(how.ping_after.count() == 0 || how.pong_within.count() > 0, "pong_within",
         "give more than zero");
  if (static_cast<unsigned>(how.type) > static_cast<unsigned>(data_type::as_received)) {
    throw failure{{make_error_code(errc::unknown_data_type), "make a WebSocket server",
                   "use text, blob, object or as received"}};
  }
}

} // namespace

websocket_server::websocket_server() noexcept = default;

websocket_server::websocket_server(inside, std::shared_ptr<detail::server_core> core) noexcept
    : core_{std::move(core)} {}

websocket_server::websocket_server(worker& self, const web_server_ref& web,
                                   std::shared_ptr<server_handler> handler, server_options options)
    : owns_{true} {
  if (handler == nullptr)
    throw std::invalid_argument("a WebSocket server needs a handler with on_connection");
  check(options);
  const auto path = rules::parse_pattern(options.path);
  if (!path) {
    throw failure{{make_error_code(errc::bad_path),
                   "make a WebSocket server on \"" + options.path + '"',
                   "begin with a slash; an asterisk only at the end"}};
  }
  if (!web.is_running()) {
    throw failure{{make_error_code(errc::web_server_not_running),
                   "make a WebSocket server on \"" + options.path + '"',
                   "start the web server before"}};
  }
  auto core = std::make_shared<detail::server_core>(
      self.incarnation().system(), self.incarnation().port_of_this(), web.core(),
      web.core()->shared_network(), std::move(handler), std::move(options), *path);
  core->open(self);
  core_ = std::move(core);
}

websocket_server::websocket_server(websocket_server&& other) noexcept
    : owns_{std::exchange(other.owns_, false)} {
  // A place stays what it is; there is nothing to be had from it.
  if (owns_)
    core_ = std::move(other.core_);
}

websocket_server& websocket_server::operator=(websocket_server&& other) noexcept {
  if (this == &other)
    return *this;
  if (owns_ && core_ != nullptr)
    core_->terminate();
  core_ = nullptr;
  owns_ = std::exchange(other.owns_, false);
  if (owns_)
    core_ = std::move(other.core_);
  return *this;
}

websocket_server::~websocket_server() {
  if (owns_ && core_ != nullptr)
    core_->terminate();
}

connection_list websocket_server::connections() const {
  return core_ == nullptr ? connection_list{} : core_->connections();
}

broadcast_ticket websocket_server::broadcast(const message& what, const except& whom) {
  return core_ == nullptr ? broadcast_ticket{} : core_->broadcast(what, whom);
}

void websocket_server::terminate() {
  if (core_ != nullptr)
    core_->terminate();
}

bool websocket_server::is_terminated() const noexcept {
  return core_ == nullptr || core_->is_ended();
}
server_handler& websocket_server::handler() const { return here().handler(); }
const std::string& websocket_server::path() const { return here().options().path; }
data_type websocket_server::type() const { return here().options().type; }
const std::string& websocket_server::owner() const { return here().owner().name(); }

detail::server_core& websocket_server::here() const {
  if (core_ == nullptr)
    throw std::logic_error("there is no server in this websocket_server");
  return *core_;
}

server_ref websocket_server::ref() const {
  return core_ == nullptr ? server_ref{} : server_ref{core_->shared_from_this()};
}

broadcast_ticket server_ref::broadcast(const message& what, const except& whom) const {
  return core_ == nullptr ? broadcast_ticket{} : core_->broadcast(what, whom);
}
void server_ref::terminate() const {
  if (core_ != nullptr)
    core_->terminate();
}
bool server_ref::is_terminated() const noexcept { return core_ == nullptr || core_->is_ended(); }
std::size_t server_ref::connection_count() const {
  return core_ == nullptr ? 0 : core_->connection_count();
}

broadcast_ticket::totals broadcast_ticket::so_far() const {
  if (shared_ == nullptr)
    return {0, 0, 0, true};
  totals now;
  now.is_complete = shared_->threads_left.load(std::memory_order_acquire) == 0;
  now.queued = shared_->queued.load(std::memory_order_relaxed);
  now.pressured = shared_->pressured.load(std::memory_order_relaxed);
  now.dropped = shared_->dropped.load(std::memory_order_relaxed);
  return now;
}

websocket_connection& connection_list::iterator::operator*() const { return (*at_)->place(); }

} // namespace callsign
