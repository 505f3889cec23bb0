/// \file
/// One actor per I/O thread: hands out what the lane brought.
#pragma once

#include "actors/src/light_actor.hpp"
#include "net/src/bridge/connection_core.hpp"
#include "net/src/bridge/lane.hpp"
#include "net/src/bridge/mail.hpp"

#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

namespace callsign::detail {

struct network_group;

/// One connection of a server, as the network actor of its thread sees it.
struct network_member {
  caf::actor actor;
  network_group* group = nullptr;
  std::uint32_t next = 0; ///< the first broadcast of this turn that it has not been given or denied
  bool is_touched = false;    ///< it needs a sequence of its own this turn
  std::size_t place = 0;      ///< in the group's `everybody`
  std::size_t touched_at = 0; ///< if it is: its place in the group's `touched`
  std::vector<output_item> items;
};

/// The connections of one server on this thread.
struct network_group {
  server_key server = nullptr;
  std::unordered_map<connection_id, network_member> members;
  std::vector<network_member*> everybody;
  std::vector<network_member*> touched; ///< null: has left
  rules::frame_slice only; ///< the turn's first broadcast, as long as there is no second
  std::shared_ptr<rules::frame_block> block;
  std::shared_ptr<tally> counts;
  std::uint32_t count = 0;
  bool is_active = false;
};

/// Gathers a turn's output: all broadcasts of a server into one contiguous block, and for each
/// connection actor one mail. Whoever is excluded nowhere and spoken to by nobody gets the block as
/// it is; the others get their own sequence of slices and sends, in the order in which the server
/// said them.
///
/// @context  its I/O thread
/// @order    for each connection, exactly the order of the lane
class network_actor final : public placed_actor {
public:
  network_actor(caf::actor_config& config, unit* where, std::shared_ptr<lane> from);

  caf::behavior make_behavior() override;
  const char* name() const override { return "callsign.network"; }

  /// A connection actor was made for a request. @context the I/O thread, outside a handler too
  void add(const connection_core& core, caf::actor who) { actors_.emplace(&core, std::move(who)); }
  /// That connection actor quits. @context the I/O thread, outside a handler too
  void forget(const connection_core& core) { actors_.erase(&core); }
  [[nodiscard]] std::size_t actor_count() const noexcept { return actors_.size(); }

private:
  using member = network_member;
  using group = network_group;

  void hand_out();
  void take(lane_join& what);
  void take(lane_refuse& what);
  void take(lane_leave& what);
  void take(lane_send& what);
  void take(lane_broadcast& what);
  void take(lane_terminate& what);
  void take(lane_terminate_all& what);
  void take(lane_resume& what);
  void take(lane_settled& what);

  void activate(group& g);
  [[nodiscard]] group* find(server_key server);
  /// Gives the member the broadcasts it has not had yet, as a slice, before something of its own.
  static void catch_up(member& m);
  void touch(member& m);
  void add_item(const connection_ptr& who, output_item what);
  void send_alone(connection_core& who, output_item what);
  void finish(group& g);

  std::shared_ptr<lane> from_;
  std::unordered_map<const connection_core*, caf::actor> actors_;
  std::unordered_map<server_key, group> groups_;
  std::vector<server_key> active_;
  lane_entries in_hand_;
};

} // namespace callsign::detail
