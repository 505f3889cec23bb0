#include "load/echo_work.hpp"

namespace bench {

echo_work::echo_work(const load_options& options)
    : options_{options}, text_{options.payload}, ledger_{options.connections, 1},
      speakers_(options.connections) {
  for (speaker& one : speakers_)
    one.since.resize(options.window);
}

void echo_work::gather(crowd& clients) {
  clients_ = &clients;
  clients.grow(options_.connections, gather_limit);
}

void echo_work::start(nanoseconds at) {
  for (std::size_t round = 0; round < options_.window; ++round)
    for (std::size_t client = 0; client < speakers_.size(); ++client)
      speak(client, at);
}

bool echo_work::is_exhausted() const {
  return options_.messages != 0 && said_ >= options_.messages;
}

void echo_work::speak(std::size_t client, nanoseconds at) {
  if (is_stopped_ || is_exhausted())
    return;
  speaker& one = speakers_[client];
  one.since[one.said % one.since.size()] = at;
  clients_->say(client, text_.write({static_cast<std::uint32_t>(client), one.said}));
  ++one.said;
  ++said_;
  ++awaited_;
}

void echo_work::on_message(std::size_t client, std::string_view text, nanoseconds at) {
  const auto found = text_.read(text);
  if (!found) {
    const bool is_notice = options_.are_notices_allowed && !text.starts_with('~');
    ++(is_notice ? notices_ : found_.damaged);
    return;
  }
  speaker& one = speakers_[client];
  if (found->sender != client || found->number >= one.said) {
    ++found_.misdirected;
    return;
  }
  if (ledger_.note(client, 0, found->number) == ledger::verdict::doubled)
    return;
  --awaited_;
  count_delivery(at - one.since[found->number % one.since.size()]);
  speak(client, at);
}

void echo_work::on_end(std::size_t /*client*/, const ending& how) {
  if (!how.was_asked)
    ++found_.connections_lost;
}

faults echo_work::check() {
  for (std::size_t client = 0; client < speakers_.size(); ++client)
    ledger_.expect(client, 0, speakers_[client].said);
  const faults from_ledger = ledger_.found();
  found_.lost = from_ledger.lost;
  found_.doubled = from_ledger.doubled;
  found_.out_of_order = from_ledger.out_of_order;
  return found_;
}

} // namespace bench
