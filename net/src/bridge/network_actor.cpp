#include "net/src/bridge/network_actor.hpp"

#include "net/src/bridge/server_core.hpp"

#include <utility>

namespace callsign::detail {

namespace {

/// A block is sealed at this size, so that its offsets fit and no copy gets huge.
constexpr std::size_t largest_block = 8 * 1024 * 1024;

} // namespace

network_actor::network_actor(caf::actor_config& config, unit* where, std::shared_ptr<lane> from)
    : placed_actor{config, where}, from_{std::move(from)} {}

caf::behavior network_actor::make_behavior() {
  return {
      [this](hand_out_mail) { hand_out(); },
      [this](quit_mail) {
        for (auto& [core, who] : actors_)
          tell(who, quit_mail::value);
        actors_.clear();
        groups_.clear();
        from_->set_abandoned();
        quit();
      },
  };
}

void network_actor::hand_out() {
  from_->take(in_hand_);
  for (auto& what : in_hand_)
    std::visit([this](auto& entry) { take(entry); }, what);
  clear(in_hand_);
  for (const auto key : active_) {
    const auto found = groups_.find(key);
    if (found == groups_.end())
      continue;
    finish(found->second);
    found->second.is_active = false;
    if (found->second.members.empty())
      groups_.erase(found);
  }
  active_.clear();
}

network_actor::group* network_actor::find(server_key server) {
  const auto found = groups_.find(server);
  return found == groups_.end() ? nullptr : &found->second;
}

void network_actor::activate(group& g) {
  if (!std::exchange(g.is_active, true))
    active_.push_back(g.server);
}

void network_actor::catch_up(member& m) {
  const std::uint32_t count = m.group->count;
  if (m.next < count) {
    // The block is not final yet, and need not be: the slice shares it, and it only grows behind
    // the slice.
    m.items.push_back(out_slice{{nullptr, m.next, count}});
  }
  m.next = count;
}

/// Whatever is added to its items now stands behind the broadcasts so far.
void network_actor::touch(member& m) {
  activate(*m.group);
  if (!std::exchange(m.is_touched, true)) {
    m.touched_at = m.group->touched.size();
    m.group->touched.push_back(&m);
  }
  catch_up(m);
}

void network_actor::send_alone(connection_core& who, output_item what) {
  const auto found = actors_.find(&who);
  if (found == actors_.end()) {
    if (const auto* own = std::get_if<out_own>(&what)) {
      who.server().books().count(counter::messages_dropped_closed);
      who.release(own->frame.size());
    }
    return;
  }
  std::vector<output_item> items;
  items.push_back(std::move(what));
  tell(found->second, output_mail{std::move(items), nullptr});
}

/// In its place among the broadcasts if it is a member, by itself if it is not (yet).
void network_actor::add_item(const connection_ptr& who, output_item what) {
  auto* const m = who->member();
  if (m == nullptr)
    return send_alone(*who, std::move(what));
  touch(*m);
  m->items.push_back(std::move(what));
}

void network_actor::take(lane_join& what) {
  const auto found = actors_.find(what.who.get());
  if (found == actors_.end())
    return;
  const server_key server = &what.who->server();
  group& g = groups_[server];
  g.server = server;
  auto& m = g.members[what.who->id()];
  m.actor = found->second;
  m.group = &g;
  m.place = g.everybody.size();
  g.everybody.push_back(&m);
  m.next = g.count; // nothing that was said before it came
  what.who->set_member(&m);
  touch(m);
  m.items.push_back(out_admit{});
}

void network_actor::take(lane_refuse& what) {
  send_alone(*what.who, out_refuse{what.status, std::move(what.why)});
}

void network_actor::take(lane_leave& what) {
  if (auto* const m = what.who->member()) {
    group& g = *m->group;
    activate(g);
    if (m->is_touched)
      g.touched[m->touched_at] = nullptr;
    what.who->set_member(nullptr);
    g.everybody.back()->place = m->place;
    g.everybody[m->place] = g.everybody.back();
    g.everybody.pop_back();
    g.members.erase(what.who->id());
  }
  send_alone(*what.who, out_left{});
  actors_.erase(what.who.get());
}

void network_actor::take(lane_send& what) {
  add_item(what.who, out_own{std::move(what.frame), what.is_its_own});
}

void network_actor::take(lane_terminate& what) {
  add_item(what.who,
           out_close{what.is_overflow ? rules::our_part::overflow : rules::our_part::terminated,
                     what.code, std::move(what.reason)});
}

void network_actor::take(lane_resume& what) { add_item(what.who, out_resume{}); }

void network_actor::take(lane_settled& what) { add_item(what.who, out_settled{}); }

void network_actor::take(lane_terminate_all& what) {
  auto* const g = find(what.server.get());
  if (g == nullptr)
    return;
  for (auto* const m : g->everybody) {
    touch(*m);
    m->items.push_back(out_close{rules::our_part::server_ended, what.code, {}});
  }
}

void network_actor::take(lane_broadcast& what) {
  auto* found = find(what.server.get());
  if (found == nullptr || found->members.empty()) {
    if (what.ticket != nullptr)
      what.ticket->threads_left.fetch_sub(1, std::memory_order_acq_rel);
    return;
  }
  group& g = *found;
  activate(g);
  const std::size_t so_far = g.block != nullptr        ? g.block->bytes.size()
                             : g.only.block != nullptr ? g.only.size()
                                                       : 0;
  if (so_far + what.frame.size() > largest_block && so_far != 0)
    finish(g);
  if (g.count == 0) {
    g.only = what.frame;
    g.counts = std::make_shared<tally>();
  } else {
    if (g.block == nullptr) {
      g.block = std::make_shared<rules::frame_block>();
      g.block->append(g.only.bytes());
      g.only = {};
    }
    g.block->append(what.frame.bytes());
  }
  g.counts->add_ticket(std::move(what.ticket));
  const std::uint32_t index = g.count;
  for (const auto id : what.excluded) {
    const auto who = g.members.find(id);
    if (who == g.members.end())
      continue;
    touch(who->second);
    who->second.next = index + 1;
  }
  ++g.count;
  if (what.from != nullptr && &what.from->home() == from_.get()) {
    if (auto* const m = what.from->member()) {
      touch(*m);
      m->items.push_back(out_passed{});
    }
  }
}

void network_actor::finish(group& g) {
  const rules::shared_block block =
      g.block != nullptr ? rules::shared_block{g.block} : g.only.block;
  const std::uint32_t base = g.block != nullptr ? 0 : g.only.first;
  for (member* const m : g.touched) {
    if (m == nullptr)
      continue;
    catch_up(*m);
    for (auto& item : m->items) {
      if (auto* slice = std::get_if<out_slice>(&item))
        slice->frames = {block, base + slice->frames.first, base + slice->frames.last};
    }
    if (!m->items.empty())
      tell(m->actor, output_mail{std::exchange(m->items, {}), g.counts});
  }
  if (g.count > 0) {
    // One message object for everybody; each actor's mailbox gets a reference to it.
    const auto mail = caf::make_message(broadcast_mail{{block, base, base + g.count}, g.counts});
    for (const auto* const m : g.everybody) {
      if (!m->is_touched)
        caf::actor_cast<light_actor*>(m->actor)->enqueue_shared(mail);
    }
  }
  for (member* const m : g.touched) {
    if (m == nullptr)
      continue;
    m->is_touched = false;
    m->next = 0;
  }
  g.touched.clear();
  g.only = {};
  g.block = nullptr;
  g.counts = nullptr;
  g.count = 0;
}

} // namespace callsign::detail
