#include "net/src/bridge/connection_actor.hpp"

#include "actors/src/callback_mark.hpp"
#include "net/src/bridge/io_turn.hpp"
#include "net/src/bridge/server_core.hpp"

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

connection_actor::connection_actor(caf::actor_config& config, unit* where,
                                   std::shared_ptr<connection_line> line)
    : placed_actor{config, where}, line_{std::move(line)} {}

caf::behavior connection_actor::make_behavior() {
  return {
      [this](const broadcast_mail& what) { take_broadcasts(what.frames, what.counts); },
      [this](const output_mail& what) { take(what.items, what.counts); },
      [this](const received_mail& what) { received(*what.heard); },
      [this](const ended_mail& what) { ended(what.how); },
      [this](quit_mail) { leave(); },
  };
}

void connection_actor::take_broadcasts(const rules::frame_slice& frames,
                                       const std::shared_ptr<tally>& counts) {
  const auto got = line_->put(frames, false);
  if (counts != nullptr)
    counts->count(frames, got, line_->out().is_over_high_water());
}

void connection_actor::take(const std::vector<output_item>& items,
                            const std::shared_ptr<tally>& counts) {
  // The actor may leave in the middle of the list.
  const auto keep = line_;
  for (const auto& item : items) {
    std::visit(overloaded{
                   [&](const out_admit&) { become_open(); },
                   [&](const out_refuse& what) {
                     keep->here().books().count(counter::messages_dropped_by_end, early_.size());
                     early_.clear();
                     keep->refuse(what.status, what.why);
                     if (end_)
                       leave();
                   },
                   [&](const out_slice& what) { take_broadcasts(what.frames, counts); },
                   [&](const out_own& what) {
                     if (what.is_its_own)
                       --under_way_;
                     keep->put(what.frame, true);
                   },
                   [&](const out_passed&) { --under_way_; },
                   [&](const out_close& what) { keep->close(what.part, what.code, what.reason); },
                   [&](const out_resume&) { keep->resume_reading(); },
                   [&](const out_settled&) { keep->settle(); },
                   [&](const out_left&) { leave(); },
               },
               item);
  }
}

void connection_actor::become_open() {
  is_open_ = true;
  line_->admit();
  line_->admission_decided();
  connection_core& core = line_->core();
  if (core.server().is_parallel()) {
    const current_mark mark{this};
    core.server().run_open(core);
  }
  deliver(std::exchange(early_, {}));
  if (end_)
    deliver_end();
}

void connection_actor::received(const std::vector<message>& all) {
  if (is_open_) {
    deliver(all);
  } else {
    early_.insert(early_.end(), all.begin(), all.end());
  }
}

void connection_actor::deliver(const std::vector<message>& all) {
  connection_core& core = line_->core();
  if (!core.server().is_parallel()) {
    for (const auto& heard : all)
      core.server().post_message(line_->shared_core(), heard);
    return;
  }
  if (all.empty())
    return;
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
  connection_core& core = line_->core();
  if (is_open_)
    return deliver_end();
  // Not open yet. If nobody has decided, nobody needs to: the requester is gone.
  if (core.move(request_state::asked, request_state::gone)) {
    line_->here().books().count(counter::requester_gone);
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
  connection_core& core = line_->core();
  auto ending = line_->ending_of(*end_);
  auto& books = line_->here().books();
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
    core.server().leave_after_end(line_->shared_core());
  } else {
    core.server().post_end(line_->shared_core(), std::move(ending));
  }
  if (!line.empty())
    books.log(log_level::info, line);
}

void connection_actor::leave() {
  connection_core& core = line_->core();
  core.server().give_back_seat(core);
  line_->here().books().count(counter::messages_dropped_by_end, early_.size());
  early_.clear();
  line_->here().forget(core);
  line_->set_actor(nullptr);
  quit();
}

} // namespace callsign::detail
