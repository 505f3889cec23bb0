#include "net/src/bridge/network_core.hpp"

#include "actors/src/last_words.hpp"
#include "net/src/bridge/recording.hpp"
#include "net/src/bridge/web_core.hpp"

#include <algorithm>
#include <string>
#include <thread>

namespace callsign::detail {

namespace {

/// Where warnings and errors go if the program does not say.
void to_standard_error(log_level level, std::string_view line) {
  if (level == log_level::warning || level == log_level::error)
    last_words((level == log_level::error ? "error: " : "warning: ") + std::string{line});
}

log_sink or_standard_error(log_sink wanted) {
  return wanted ? std::move(wanted) : to_standard_error;
}

} // namespace

network_core::network_core(worker_system& workers, network_options options,
                           const backend_maker& make)
    : workers_{workers}, books_{std::make_shared<door::ledger>(
                             or_standard_error(std::move(options.log)))},
      memory_{std::make_shared<budget>(options.max_buffered_bytes)} {
  const std::size_t cores = std::max<std::size_t>(1, std::thread::hardware_concurrency());
  const std::size_t threads =
      options.io_threads != 0 ? options.io_threads : std::max<std::size_t>(1, cores / 2);
  notes_ = begin_recording(workers_, options, threads, books_);
  backend_ = make(threads, options.backend, books_);
  if (notes_ != nullptr)
    backend_ = door::make_tapped(std::move(backend_), notes_);
  std::vector<io_turn*> all;
  for (auto* thread : backend_->threads()) {
    turns_.push_back(std::make_unique<io_turn>(workers_, *thread, books_, memory_, notes_));
    all.push_back(turns_.back().get());
  }
  for (const auto& turn : turns_)
    turn->set_siblings(all);
  backend_->start();
  workers_.add(*this);
}

network_core::~network_core() {
  stop_network(std::chrono::steady_clock::now() + std::chrono::seconds{5});
}

std::vector<std::shared_ptr<lane>> network_core::lanes() const {
  std::vector<std::shared_ptr<lane>> all;
  for (const auto& turn : turns_)
    all.push_back(turn->shared_lane());
  return all;
}

std::shared_ptr<door::web_service> network_core::listen(const web_server_options& how,
                                                        std::shared_ptr<door::front_desk> desk,
                                                        std::vector<error>& errors) {
  if (!is_open() || workers_.is_stopping()) {
    errors.push_back({make_error_code(errc::shutting_down), "start the web server",
                      "make new workers and a new server"});
    return nullptr;
  }
  return backend_->listen(how, std::move(desk), errors);
}

void network_core::add(web_core& who) {
  const std::scoped_lock guard{lock_};
  webs_.insert(&who);
}

void network_core::remove(web_core& who) {
  const std::scoped_lock guard{lock_};
  webs_.erase(&who);
}

std::vector<std::shared_ptr<web_core>> network_core::webs() {
  std::vector<std::shared_ptr<web_core>> all;
  const std::scoped_lock guard{lock_};
  for (auto* who : webs_) {
    if (auto web = who->weak_from_this().lock())
      all.push_back(std::move(web));
  }
  return all;
}

void network_core::gain_server() {
  const std::scoped_lock guard{lock_};
  ++servers_;
}

void network_core::lose_server() {
  {
    const std::scoped_lock guard{lock_};
    if (--servers_ != 0 || !is_abandoned_)
      return;
  }
  stop_network(std::chrono::steady_clock::now() + workers_.options().stop_deadline);
}

void network_core::abandon() {
  for (const auto& who : webs())
    who->begin_stop();
  {
    const std::scoped_lock guard{lock_};
    is_abandoned_ = true;
    if (servers_ != 0)
      return;
  }
  stop_network(std::chrono::steady_clock::now() + workers_.options().stop_deadline);
}

void network_core::stop_listening() {
  for (const auto& who : webs())
    who->stop_listening();
  if (!workers_.is_stopping() || !is_open())
    return;
  if (notes_ != nullptr)
    notes_->stops();
  // However long a server lets its clients take: who does not answer must not make the end late.
  const auto limit = workers_.options().stop_deadline * 3 / 4;
  for (const auto& turn : turns_)
    turn->thread().post([&turn = *turn, limit] { turn.hasten_closes(limit); });
}

std::vector<std::shared_ptr<server_core>> network_core::servers() {
  std::vector<std::shared_ptr<server_core>> all;
  for (const auto& web : webs()) {
    for (auto& one : web->servers())
      all.push_back(std::move(one));
  }
  return all;
}

bool network_core::stop_network(std::chrono::steady_clock::time_point deadline) {
  // Before the lock: while the set tells its networks to stop, this waits, and one of them may be
  // us.
  workers_.remove(*this);
  const std::scoped_lock guard{stop_lock_};
  if (!is_open_.exchange(false))
    return true;
  const bool in_time = backend_->stop(deadline);
  for (const auto& turn : turns_)
    turn->end_actors();
  // The threads are gone; what their actors still have in their mailboxes is run here.
  bool more = true;
  while (more) {
    more = false;
    for (const auto& turn : turns_) {
      if (auto* loop = dynamic_cast<thread_unit*>(&turn->where()))
        more = loop->run_ready() || more;
    }
  }
  if (const auto& pump = workers_.hooks().pump) {
    const auto has_actors = [](const auto& turn) {
      return !turn->shared_lane()->is_abandoned() || !turn->lines().empty();
    };
    while (std::ranges::any_of(turns_, has_actors) && pump()) {
    }
  }
  for (const auto& who : webs())
    who->network_ended();
  if (notes_ != nullptr)
    notes_->ends();
  return in_time;
}

} // namespace callsign::detail
