#include "net/src/bridge/server_core.hpp"

#include "actors/src/current_exception.hpp"
#include "actors/src/utf8.hpp"
#include "actors/src/worker_system.hpp"
#include "net/src/bridge/connection_actor.hpp"
#include "net/src/bridge/error_items.hpp"
#include "net/src/bridge/io_turn.hpp"
#include "net/src/bridge/network_core.hpp"
#include "net/src/bridge/web_core.hpp"
#include "net/src/rules/address.hpp"

#include <stdexcept>

namespace callsign::detail {

namespace {

[[nodiscard]] rules::frame_slice slice_of(const rules::frame_view& what) {
  return {what.block, what.first, what.last};
}

/// The key that seats of one address are counted under.
[[nodiscard]] std::string seat_key(const std::string& address) {
  const auto bytes = rules::parse_address(address);
  if (!bytes)
    return address;
  const auto near = rules::neighbourhood(*bytes);
  return {near.begin(), near.end()};
}

} // namespace

/// A request on its way to the worker. If it is dropped undecided, the client gets 503 instead of
/// silence.
class server_core::question {
public:
  question(std::shared_ptr<server_core> server, connection_ptr who)
      : server_{std::move(server)}, who_{std::move(who)} {}
  question(question&&) noexcept = default;
  question& operator=(question&&) = delete;
  ~question() {
    if (who_ == nullptr || who_->state() != request_state::asked)
      return;
    if (who_->move(request_state::asked, request_state::deciding)) {
      server_->refuse(who_, 503, "the server is ending", counter::refused_stopping);
    }
  }
  void operator()(worker&) { server_->decide(who_); }

private:
  std::shared_ptr<server_core> server_;
  connection_ptr who_;
};

/// A message on its way to the worker, one of those that one read brought. If it is dropped, that
/// is counted, and the connection gets its credit back.
class server_core::delivery {
public:
  struct batch {
    connection_ptr from;
    std::vector<message> all;
  };

  delivery(std::shared_ptr<batch> in, std::size_t index) : in_{std::move(in)}, index_{index} {}
  delivery(delivery&&) noexcept = default;
  delivery& operator=(delivery&&) = delete;
  ~delivery() {
    if (in_ == nullptr)
      return;
    in_->from->server().books().count(counter::messages_dropped_by_end);
    in_->from->undelivered_less(1, in_->all[index_].size());
  }
  void operator()(worker&) {
    const auto in = std::exchange(in_, nullptr);
    connection_core& from = *in->from;
    // What is handled needs no memory any more, whatever else came with it.
    const message heard = std::move(in->all[index_]);
    from.server().run_message(from, heard);
    from.undelivered_less(1, heard.size());
  }

private:
  std::shared_ptr<batch> in_;
  std::size_t index_;
};

/// The end of a connection on its way to the worker. If it is dropped, its actor must leave all the
/// same.
class server_core::end_report {
public:
  end_report(connection_ptr who, rules::ending how)
      : who_{std::move(who)}, how_{std::make_unique<rules::ending>(std::move(how))} {}
  end_report(end_report&&) noexcept = default;
  end_report& operator=(end_report&&) = delete;
  ~end_report() {
    if (who_ == nullptr)
      return;
    who_->set_status(connection_status::closed);
    who_->home().push(lane_leave{who_});
  }
  void operator()(worker&) {
    const auto who = std::exchange(who_, nullptr);
    who->server().take_end(who, std::move(*how_));
  }

private:
  connection_ptr who_;
  std::unique_ptr<rules::ending> how_;
};

server_core::server_core(worker_system& workers, port owner, std::shared_ptr<web_core> web,
                         std::shared_ptr<network_core> network,
                         std::shared_ptr<server_handler> handler, server_options options,
                         rules::path_pattern path)
    : workers_{workers}, owner_{std::move(owner)}, web_{web}, network_{std::move(network)},
      lanes_{network_->lanes()}, books_{network_->shared_books()}, handler_{std::move(handler)},
      options_{std::move(options)}, path_{std::move(path)},
      // Bound to this state, without owning it: the place lives inside.
      place_{websocket_server::inside{},
             std::shared_ptr<server_core>{std::shared_ptr<void>{}, this}} {}

server_core::~server_core() = default;

// -- any thread -----------------------------------------------------------------------------------

void server_core::route_send(connection_core& to, const rules::frame_view& frame) {
  if (is_parallel()) {
    auto* here = connection_actor::current();
    if (here != nullptr && &here->line().core() == &to) {
      if (!here->has_words_under_way()) {
        here->line().put(frame, true);
        return;
      }
      here->goes_round();
      return static_cast<void>(
          to.home().push(lane_send{to.shared_from_this(), slice_of(frame), true}));
    }
  }
  to.home().push(lane_send{to.shared_from_this(), slice_of(frame)});
}

void server_core::route_terminate(connection_ptr who, close_code code, std::string reason) {
  lane& home = who->home();
  home.push(lane_terminate{std::move(who), code, std::move(reason)});
}

void server_core::route_overflow(connection_ptr who) {
  lane& home = who->home();
  home.push(lane_terminate{std::move(who), closing::try_again_later, {}, true});
}

void server_core::route_settled(connection_ptr who) {
  lane& home = who->home();
  home.push(lane_settled{std::move(who)});
}

broadcast_ticket server_core::broadcast(const message& what, const except& whom) {
  if (what.is_text() && !message_access::is_checked(what) && !is_utf8(what.text())) {
    throw std::invalid_argument(
        "a text message must be UTF-8; broadcast bytes with message::binary");
  }
  if (is_ended()) {
    books().count(counter::messages_dropped_closed);
    return {};
  }
  books().count(counter::broadcasts);
  auto ticket = std::make_shared<broadcast_ticket::state>();
  ticket->threads_left = lanes_.size();
  lane_broadcast entry{shared_from_this(), message_access::frame(what), whom.ids(), ticket,
                       nullptr};
  if (auto* here = connection_actor::current();
      here != nullptr && &here->line().core().server() == this) {
    entry.from = here->line().shared_core();
    here->goes_round();
  }
  const std::scoped_lock guard{order_lock_};
  put_into_all(entry, lanes_);
  return broadcast_ticket{std::move(ticket)};
}

void server_core::terminate(close_code code) {
  auto expected = phase::running;
  if (!phase_.compare_exchange_strong(expected, phase::ending, std::memory_order_acq_rel))
    return;
  owner_.post(entry_kind::closed, [self = shared_from_this(), code] { self->begin_end(code); });
}

connection_list server_core::connections() const {
  connection_list::storage all;
  const std::scoped_lock guard{members_lock_};
  all.reserve(members_.size());
  for (const auto& [id, who] : members_)
    all.push_back(who);
  return connection_list{std::move(all)};
}

std::size_t server_core::connection_count() const {
  const std::scoped_lock guard{members_lock_};
  return members_.size();
}

// -- I/O threads: requests ------------------------------------------------------------------------

std::optional<counter> server_core::take_seat(const std::string& address) {
  const std::scoped_lock guard{seats_lock_};
  if (seats_ >= options_.max_connections)
    return counter::refused_full;
  auto& here = seats_by_address_[seat_key(address)];
  if (here >= options_.max_per_address)
    return counter::refused_address_full;
  ++here;
  ++seats_;
  return std::nullopt;
}

void server_core::give_back_seat(connection_core& who) {
  if (!who.take_seat_back())
    return;
  const std::scoped_lock guard{seats_lock_};
  --seats_;
  const auto found = seats_by_address_.find(seat_key(who.request().remote_address));
  if (found != seats_by_address_.end() && --found->second == 0)
    seats_by_address_.erase(found);
}

void server_core::ask(connection_ptr who) {
  const auto client = who->number();
  owner_.post_of(client, entry_kind::requested, task{question{shared_from_this(), std::move(who)}});
}

std::size_t server_core::seats() const {
  const std::scoped_lock guard{seats_lock_};
  return seats_;
}

void server_core::post_messages(const connection_ptr& from, std::vector<message> heard) {
  const auto all = std::make_shared<delivery::batch>(delivery::batch{from, std::move(heard)});
  for (std::size_t i = 0; i < all->all.size(); ++i)
    owner_.post_of(from->number(), entry_kind::received, task{delivery{all, i}});
}

void server_core::post_end(const connection_ptr& who, rules::ending how) {
  owner_.post_of(who->number(), entry_kind::closed, task{end_report{who, std::move(how)}});
}

// -- where callbacks run: see server_callbacks.cpp ------------------------------------------------

void server_core::one_is_finished() {
  const std::scoped_lock guard{members_lock_};
  --unfinished_;
}

void server_core::leave_after_end(connection_ptr who) {
  // Behind everything that was said to this client.
  lane& home = who->home();
  home.push(lane_leave{std::move(who)});
  one_is_finished();
  if (is_ending()) {
    owner_.post(entry_kind::closed, [self = shared_from_this()] { self->finish_if_empty(); });
  }
}

// -- the owning worker ----------------------------------------------------------------------------

void server_core::open(worker& self) {
  // Queued before the path is open, so that no request can be asked about before it.
  owner_.post(entry_kind::opened, [core = shared_from_this()] {
    if (!core->is_ended())
      core->tell_open();
  });
  try {
    if (const auto web = web_.lock())
      web->add(path_, shared_from_this());
  } catch (...) {
    phase_.store(phase::ended, std::memory_order_release);
    throw;
  }
  network_->gain_server();
  self.incarnation().move_in(shared_from_this());
}

/// Once, whatever comes first: its own entry, or the end (rule S-6).
void server_core::tell_open() {
  if (std::exchange(is_open_told_, true))
    return;
  try {
    handler_->on_open(place_);
  } catch (...) {
    books().count(counter::handler_exceptions);
    tell_error(item_of(errc::handler_failed, std::string{"on_open: "} + text_of_current_exception(),
                       "user"));
  }
}

void server_core::tell_error(error_item what) {
  try {
    handler_->on_error(place_, error_event{{std::move(what)}, false});
  } catch (...) {
    report_exception("server_handler::on_error");
  }
}

void server_core::refuse(const connection_ptr& who, int status, std::string why, counter reason) {
  if (!who->move(request_state::deciding, request_state::refused))
    return;
  books().count(reason);
  who->home().push(lane_refuse{who, status, std::move(why)});
}

void server_core::decide(const connection_ptr& who) {
  if (!who->move(request_state::asked, request_state::deciding))
    return; // late or gone; counted there
  if (is_ending())
    return refuse(who, 503, "the server is ending", counter::refused_stopping);
  admission answer{nullptr};
  try {
    answer = handler_->on_connection(place_, who->request());
  } catch (...) {
    auto text = std::string{"on_connection: "} + text_of_current_exception();
    refuse(who, 500, "the server failed to decide", counter::refused_by_exception);
    books().count(counter::handler_exceptions);
    return tell_error(item_of(errc::handler_failed, std::move(text), "user"));
  }
  if (!answer.is_admitted()) {
    const auto& [status, why] = answer.why_not();
    if (status >= 400 && status <= 599)
      return refuse(who, status, why, counter::refused_by_handler);
    refuse(who, 403, why, counter::refused_by_handler);
    return tell_error(item_of(errc::handler_invalid,
                              "on_connection refused with status " + std::to_string(status) +
                                  ", which is no error status; 403 was sent instead",
                              "callsign"));
  }
  // From here on the client is a member, even if it has gone meanwhile: then its end is already on
  // its way.
  if (!who->move(request_state::deciding, request_state::admitted))
    return; // the admission deadline was faster; the handler that was not wanted ends here
  const auto id = next_id_++;
  who->become_member(id, answer.handler());
  bool is_joining = false;
  {
    // In one: whoever finds it among the connections must come behind it in the lane.
    const std::scoped_lock guard{members_lock_};
    members_.emplace(id, who);
    ++unfinished_;
    is_joining = who->home().push(lane_join{who});
  }
  books().count(counter::connections_opened);
  if (!is_parallel())
    run_open(*who);
  if (!is_joining)
    join_was_lost(who);
}

void join_was_lost(const connection_ptr& who) {
  door::end_facts how;
  how.cause = door::end_cause::line_lost;
  auto ending = rules::end_of_connection(rules::our_part::none, 0, {}, how, false);
  auto& server = who->server();
  server.books().count(counter::connections_closed);
  server.books().count(ending.why);
  server.give_back_seat(*who);
  server.post_end(who, std::move(ending));
}

void server_core::take_end(const connection_ptr& who, rules::ending how) {
  if (is_ended()) {
    who->set_status(connection_status::closed);
    who->home().push(lane_leave{who});
    return;
  }
  if (is_parallel()) {
    // Ends are told in the connections; this one never got there.
    who->set_status(connection_status::closed);
    {
      const std::scoped_lock guard{members_lock_};
      members_.erase(who->id());
    }
    who->drop_handler();
    one_is_finished();
    return finish_if_empty();
  }
  ends_.emplace(who->id(), std::pair{who, std::move(how)});
  // While the server ends, connections end in the order in which they came (rule S-29).
  for (auto it = ends_.begin(); it != ends_.end();) {
    if (is_end_begun_) {
      const std::scoped_lock guard{members_lock_};
      if (!members_.empty() && members_.begin()->first != it->first)
        break;
    }
    auto [gone, ending] = std::move(it->second);
    it = ends_.erase(it);
    run_end(*gone, ending);
    gone->home().push(lane_leave{gone});
    one_is_finished();
  }
  finish_if_empty();
}

void server_core::end(end_reason why) {
  if (why == end_reason::aborted) {
    if (phase_.exchange(phase::ended, std::memory_order_acq_rel) == phase::ended)
      return;
    terminate_all(closing::internal_error);
    finish(false);
    return;
  }
  auto expected = phase::running;
  if (phase_.compare_exchange_strong(expected, phase::ending, std::memory_order_acq_rel))
    begin_end(why == end_reason::failed ? closing::internal_error : closing::going_away);
}

void server_core::begin_end(close_code code) {
  if (is_end_begun_ || is_ended())
    return;
  is_end_begun_ = true;
  terminate_all(code);
  finish_if_empty();
}

/// Behind every join: whoever is on the way in is closed as well.
void server_core::terminate_all(close_code code) {
  const std::scoped_lock guard{order_lock_};
  put_into_all(lane_terminate_all{shared_from_this(), code}, lanes_);
}

void server_core::finish_if_empty() {
  if (!is_end_begun_ || is_ended())
    return;
  {
    const std::scoped_lock guard{members_lock_};
    if (unfinished_ != 0)
      return;
  }
  finish(true);
}

void server_core::finish(bool is_told) {
  if (is_told) {
    tell_open();
    try {
      handler_->on_terminate(place_);
    } catch (...) {
      report_exception("server_handler::on_terminate");
    }
  }
  phase_.store(phase::ended, std::memory_order_release);
  {
    const std::scoped_lock guard{members_lock_};
    members_.clear();
  }
  ends_.clear();
  if (const auto web = web_.lock())
    web->remove(path_, *this);
  if (auto* here = incarnation::current())
    here->moved_out(this);
  // What it holds on to, perhaps this server's address, goes with it. After an abort callbacks may
  // still run in connections.
  if (is_told || !is_parallel())
    handler_.reset();
  // It may be the last one of a network that was given up; then the network ends here.
  if (const auto network = std::exchange(network_, nullptr))
    network->lose_server();
}

} // namespace callsign::detail
