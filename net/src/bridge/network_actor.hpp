/// \file
/// One actor per I/O thread: hands out what the lane brought.
#pragma once

#include "actors/src/unit.hpp"
#include "net/src/bridge/connection_core.hpp"
#include "net/src/bridge/lane.hpp"
#include "net/src/bridge/mail.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <unordered_map>
#include <vector>

namespace callsign::detail {

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
  struct member {
    caf::actor actor;
    std::uint32_t next =
        0; ///< the first broadcast of this turn that it has not been given or denied
    bool is_touched = false; ///< it needs a sequence of its own this turn
    std::vector<output_item> items;
  };
  /// The connections of one server on this thread.
  struct group {
    std::map<connection_id, member> members;
    std::vector<connection_id> touched;
    rules::frame_slice only; ///< the turn's first broadcast, as long as there is no second
    std::shared_ptr<rules::frame_block> block;
    std::shared_ptr<tally> counts;
    std::uint32_t count = 0;
    bool is_active = false;
  };

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

  group& active(server_key server);
  [[nodiscard]] group* find(server_key server);
  /// Gives the member the broadcasts it has not had yet, as a slice, before something of its own.
  void catch_up(group& g, member& m);
  member* touch(group& g, connection_id id);
  void add_item(const connection_ptr& who, output_item what);
  void send_alone(const connection_core& who, output_item what);
  void finish(group& g);

  std::shared_ptr<lane> from_;
  std::unordered_map<const connection_core*, caf::actor> actors_;
  std::unordered_map<server_key, group> groups_;
  std::vector<server_key> active_;
  std::vector<lane_entry> in_hand_;
};

} // namespace callsign::detail
