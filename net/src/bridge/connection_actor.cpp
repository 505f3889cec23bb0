#include "net/src/bridge/connection_actor.hpp"

#include "actors/src/callback_mark.hpp"
#include "actors/src/current_exception.hpp"
#include "net/src/bridge/io_turn.hpp"
#include "net/src/bridge/server_core.hpp"

#include <string>

namespace callsign::detail {

namespace {

thread_local connection_actor* current_actor = nullptr;

struct current_mark {
  explicit current_mark(connection_actor* who) noexcept : inside{who->line().here().workers()} {
    current_actor = who;
  }
  ~current_mark() { current_actor = nullptr; }
  current_mark(const current_mark&) = delete;
  current_mark& operator=(const current_mark&) = delete;
  callback_mark inside;
};

template <class... Ts>
struct overloaded : Ts... {
  using Ts::operator()...;
};

} // namespace

connection_actor* connection_actor::current() noexcept { return current_actor; }

connection_actor::connection_actor(caf::actor_config& config, unit& where, io_turn& here,
                                   door::session& session, connection_ptr core)
    : light_actor{config, where}, line_{here, session, std::move(core)} {}

void connection_actor::receive(caf::type_erased_tuple& mail) noexcept {
  try {
    understand(mail);
  } catch (...) {
    // Our own machinery, for want of memory: nothing is known of what was said, so the line ends.
    failed();
  }
}

void connection_actor::understand(caf::type_erased_tuple& mail) {
  const auto* const type = mail.size() == 1 ? mail.type(0).second : nullptr;
  const auto is = [type](const std::type_info& wanted) {
    return type != nullptr && *type == wanted;
  };
  if (is(typeid(broadcast_mail))) {
    const auto& what = mail.get_as<broadcast_mail>(0);
    take_broadcasts(what.frames, what.counts);
  } else if (is(typeid(received_mail))) {
    received(std::move(mail.get_mutable_as<received_mail>(0).heard));
  } else if (is(typeid(output_mail))) {
    const auto& what = mail.get_as<output_mail>(0);
    take(what.items, what.counts);
  } else if (is(typeid(ended_mail))) {
    ended(mail.get_as<ended_mail>(0).how);
  } else if (mail.match_elements<quit_mail>()) {
    leave();
  }
}

void connection_actor::failed() noexcept {
  try {
    line_.here().books().log(log_level::error, std::string{"the actor of a connection failed: "} +
                                                   text_of_current_exception());
  } catch (...) {
    // Not even a line of the log can be made.
  }
  try {
    if (line_.is_over())
      leave();
    else
      line_.drop();
  } catch (...) {
    quit();
  }
}

void connection_actor::take_broadcasts(const rules::frame_slice& frames,
                                       const std::shared_ptr<tally>& counts) {
  const auto got = line_.put(frames.view(), false);
  if (counts != nullptr)
    counts->count(frames, got, line_.out().is_over_high_water());
}

void connection_actor::take(const std::vector<output_item>& items,
                            const std::shared_ptr<tally>& counts) {
  for (const auto& item : items) {
    std::visit(overloaded{
                   [&](const out_admit&) { become_open(); },
                   [&](const out_refuse& what) {
                     line_.here().books().count(counter::messages_dropped_by_end, early_.size());
                     early_.clear();
                     line_.refuse(what.status, what.why);
                     if (end_)
                       leave();
                   },
                   [&](const out_slice& what) { take_broadcasts(what.frames, counts); },
                   [&](const out_own& what) {
                     if (what.is_its_own)
                       --under_way_;
                     line_.put(what.frame.view(), true);
                   },
                   [&](const out_passed&) { --under_way_; },
                   [&](const out_close& what) { line_.close(what.part, what.code, what.reason); },
                   [&](const out_resume&) { line_.resume_reading(); },
                   [&](const out_settled&) { line_.settle(); },
                   [&](const out_left&) { leave(); },
               },
               item);
  }
}

void connection_actor::become_open() {
  is_open_ = true;
  line_.admit();
  line_.admission_decided();
  connection_core& core = line_.core();
  if (core.server().is_parallel()) {
    const current_mark mark{this};
    core.server().run_open(core);
  }
  deliver(std::exchange(early_, {}));
  if (end_)
    deliver_end();
}

void connection_actor::received(std::vector<message> all) {
  if (is_open_) {
    deliver(std::move(all));
  } else {
    early_.insert(early_.end(), all.begin(), all.end());
  }
}

void connection_actor::deliver(std::vector<message> all) {
  if (all.empty())
    return;
  connection_core& core = line_.core();
  if (!core.server().is_parallel())
    return core.server().post_messages(line_.shared_core(), std::move(all));
  const current_mark mark{this};
  std::size_t bytes = 0;
  for (const auto& heard : all) {
    core.server().run_message(core, heard);
    bytes += heard.size();
  }
  core.undelivered_less(all.size(), bytes);
}

void connection_actor::ended(const door::end_facts& how) {
  end_ = how;
  connection_core& core = line_.core();
  if (is_open_)
    return deliver_end();
  // Not open yet. If nobody has decided, nobody needs to: the requester is gone.
  if (core.move(request_state::asked, request_state::gone)) {
    line_.here().books().count(counter::requester_gone);
    return leave();
  }
  switch (core.state()) {
  case request_state::late:
  case request_state::gone: return leave();
  case request_state::refused: // the refusal may still be in the lane; it finds nobody
    return leave();
  case request_state::asked:
  case request_state::deciding: // the answer comes with the lane; `become_open` or the refusal ends
                                // it
  case request_state::admitted: return;
  }
}

void connection_actor::deliver_end() {
  if (std::exchange(is_end_delivered_, true))
    return;
  connection_core& core = line_.core();
  auto ending = line_.ending_of(*end_);
  auto& books = line_.here().books();
  books.count(counter::connections_closed);
  books.count(ending.why);
  std::string line;
  if (ending.error) {
    line = "the connection from " + core.request().remote_address + " ended with " +
           std::to_string(ending.how.code) + ": " + std::string{ending.error->status_text()};
  }
  if (core.server().is_parallel()) {
    const current_mark mark{this};
    core.server().run_end(core, ending);
    core.server().leave_after_end(line_.shared_core());
  } else {
    core.server().post_end(line_.shared_core(), std::move(ending));
  }
  if (!line.empty())
    books.log(log_level::info, line);
}

void connection_actor::leave() {
  connection_core& core = line_.core();
  core.server().give_back_seat(core);
  line_.here().books().count(counter::messages_dropped_by_end, early_.size());
  early_.clear();
  line_.here().forget(core);
  line_.set_actor(nullptr);
  quit();
}

} // namespace callsign::detail
