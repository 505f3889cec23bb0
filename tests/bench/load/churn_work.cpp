#include "load/churn_work.hpp"

#include <utility>

namespace bench {

churn_work::churn_work(const load_options& options)
    : options_{options}, text_{options.payload}, lives_(options.connections) {}

void churn_work::gather(crowd& clients) { clients_ = &clients; }

void churn_work::start(nanoseconds /*at*/) {
  for (std::size_t i = 0; i < options_.connections && !is_exhausted(); ++i, ++said_)
    clients_->add();
  for (std::size_t absent = clients_->size(); absent < options_.connections; ++absent)
    ended_.push_back(absent);
}

nanoseconds churn_work::tick(nanoseconds /*at*/) {
  // Clients that never were are not revived: the run was exhausted before their turn.
  while (!is_stopped_ && !is_exhausted() && !ended_.empty()) {
    clients_->revive(ended_.back());
    ended_.pop_back();
    ++said_;
  }
  return nothing_due;
}

bool churn_work::is_exhausted() const {
  return options_.messages != 0 && said_ >= options_.messages;
}

void churn_work::on_open(std::size_t client, nanoseconds since_connect) {
  life& one = lives_[client];
  one.time_to_open = since_connect;
  if (!options_.is_churn_echoing) {
    clients_->close(client);
    return;
  }
  one.is_echo_awaited = true;
  clients_->say(client, text_.write({static_cast<std::uint32_t>(client), one.number}));
}

void churn_work::on_message(std::size_t client, std::string_view text, nanoseconds /*at*/) {
  const auto found = text_.read(text);
  if (!found) {
    ++(options_.are_notices_allowed ? notices_ : found_.damaged);
    return;
  }
  life& one = lives_[client];
  if (!std::exchange(one.is_echo_awaited, false))
    ++found_.doubled;
  else if (found->sender != client || found->number != one.number)
    ++found_.misdirected;
  clients_->close(client);
}

void churn_work::on_end(std::size_t client, const ending& how) {
  life& one = lives_[client];
  ended_.push_back(client);
  ++one.number;
  if (!how.was_asked || how.code != 1000)
    ++found_.connections_lost;
  else if (std::exchange(one.is_echo_awaited, false))
    ++found_.lost;
  else
    count_delivery(one.time_to_open);
}

faults churn_work::check() {
  found_.connections_lost += options_.connections - ended_.size();
  return found_;
}

} // namespace bench
