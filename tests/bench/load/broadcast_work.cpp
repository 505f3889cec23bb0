#include "load/broadcast_work.hpp"

#include <stdexcept>

namespace bench {
namespace {

/// How far a server may fall behind a publisher of mode `rate` before the run is given up.
constexpr std::size_t rate_ring = 4096;

} // namespace

broadcast_work::broadcast_work(const load_options& options)
    : options_{options}, text_{options.payload}, ledger_{options.connections, options.publishers},
      publishers_(options.publishers), recipients_{static_cast<std::uint32_t>(options.connections)},
      period_{from_seconds(1 / options.rate)} {
  if (options.heard_by == audience::everybody_else)
    --recipients_;
  if (options.are_promises_watched)
    promises_.emplace(options);
  for (std::size_t i = 0; i < publishers_.size(); ++i) {
    publishers_[i].client = i * options.connections / publishers_.size();
    publishers_[i].messages.resize(options.mode == load_mode::rate ? rate_ring : options.window);
  }
}

void broadcast_work::gather(crowd& clients) {
  clients_ = &clients;
  clients.grow(options_.connections + options_.stalled, gather_limit);
  for (std::size_t i = 0; i < options_.stalled; ++i)
    clients.stall(options_.connections + i);
}

void broadcast_work::start(nanoseconds at) {
  is_started_ = true;
  next_due_ = at;
  if (options_.mode == load_mode::rate)
    return;
  for (std::size_t round = 0; round < options_.window; ++round)
    for (std::size_t sender = 0; sender < publishers_.size() && may_publish(); ++sender)
      publish(sender, at);
}

nanoseconds broadcast_work::tick(nanoseconds at) {
  if (options_.mode != load_mode::rate || !is_started_ || !may_publish())
    return nothing_due;
  for (; next_due_ <= at && may_publish(); next_due_ += period_) {
    publish(next_publisher_, next_due_);
    next_publisher_ = (next_publisher_ + 1) % publishers_.size();
  }
  return next_due_ - at;
}

bool broadcast_work::is_exhausted() const {
  return options_.messages != 0 && said_ >= options_.messages;
}

bool broadcast_work::may_publish() const noexcept { return !is_stopped_ && !is_exhausted(); }

void broadcast_work::publish(std::size_t sender, nanoseconds since) {
  publisher& by = publishers_[sender];
  if (by.published - by.oldest >= by.messages.size())
    throw std::runtime_error{"the server fell " + std::to_string(rate_ring) +
                             " messages behind one publisher"};
  by.messages[by.published % by.messages.size()] = {since, recipients_};
  const std::string_view text = text_.write({static_cast<std::uint32_t>(sender), by.published});
  clients_->say(by.client, text);
  if (promises_)
    promises_->said(by.client, text);
  ++by.published;
  ++said_;
  awaited_ += recipients_;
}

void broadcast_work::on_message(std::size_t client, std::string_view text, nanoseconds at) {
  if (promises_)
    promises_->heard(client, text);
  const auto found = text_.read(text);
  if (!found) {
    const bool is_notice = options_.are_notices_allowed && !text.starts_with('~');
    ++(is_notice ? notices_ : found_.damaged);
    return;
  }
  if (client >= options_.connections)
    return;
  if (found->sender >= publishers_.size()) {
    ++found_.misdirected;
    return;
  }
  publisher& by = publishers_[found->sender];
  const bool is_own = by.client == client && options_.heard_by == audience::everybody_else;
  if (is_own || found->number >= by.published) {
    ++found_.misdirected;
    return;
  }
  if (ledger_.note(client, found->sender, found->number) != ledger::verdict::doubled)
    arrived(by, found->number, at);
}

void broadcast_work::arrived(publisher& by, std::uint32_t number, nanoseconds at) {
  under_way& message = by.messages[number % by.messages.size()];
  --awaited_;
  // A read may have been stamped before the time at which a message of its turn was due.
  count_delivery(at > message.since ? at - message.since : 0);
  if (--message.missing != 0)
    return;
  count_fan_out(at > message.since ? at - message.since : 0);
  if (number != by.oldest)
    return;
  const auto is_whole = [&by] {
    return by.oldest != by.published && by.messages[by.oldest % by.messages.size()].missing == 0;
  };
  const auto sender = static_cast<std::size_t>(&by - publishers_.data());
  while (is_whole()) {
    ++by.oldest;
    if (options_.mode != load_mode::rate && may_publish())
      publish(sender, at);
  }
}

void broadcast_work::on_open(std::size_t client, nanoseconds /*since_connect*/) {
  if (promises_)
    promises_->admitted(client);
}

void broadcast_work::part() {
  if (promises_)
    promises_->part();
}

std::vector<std::string> broadcast_work::broken_promises() const {
  return promises_ ? promises_->broken() : std::vector<std::string>{};
}

void broadcast_work::on_close(std::size_t client) {
  if (promises_)
    promises_->closed(client);
}

void broadcast_work::on_end(std::size_t client, const ending& how) {
  if (promises_)
    promises_->ended(client);
  if (!how.was_asked && client < options_.connections)
    ++found_.connections_lost;
}

faults broadcast_work::check() {
  for (std::size_t client = 0; client < options_.connections; ++client) {
    for (std::size_t sender = 0; sender < publishers_.size(); ++sender) {
      const publisher& by = publishers_[sender];
      if (by.client != client || options_.heard_by == audience::everybody)
        ledger_.expect(client, sender, by.published);
    }
  }
  const faults from_ledger = ledger_.found();
  found_.lost = from_ledger.lost;
  found_.doubled = from_ledger.doubled;
  found_.out_of_order = from_ledger.out_of_order;
  return found_;
}

} // namespace bench
