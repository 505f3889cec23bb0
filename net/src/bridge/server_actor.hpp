/// \file
/// The actor of a server whose connections run their callbacks in parallel.
#pragma once

#include "actors/src/unit.hpp"
#include "net/src/bridge/mail.hpp"

#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>
#include <vector>

namespace callsign::detail {

/// Puts what many connection actors say into one order: whatever it is told goes into the lanes in
/// the order of its mailbox.
///
/// @context  I/O thread 0
class server_actor final : public placed_actor {
public:
  /// @param living  counts the server actors of the network that have not quit
  server_actor(caf::actor_config& config, unit* where, std::vector<std::shared_ptr<lane>> lanes,
               std::shared_ptr<std::atomic<std::size_t>> living)
      : placed_actor{config, where}, lanes_{std::move(lanes)}, living_{std::move(living)} {
    living_->fetch_add(1);
  }

  caf::behavior make_behavior() override;
  const char* name() const override { return "callsign.server"; }

private:
  std::vector<std::shared_ptr<lane>> lanes_;
  std::shared_ptr<std::atomic<std::size_t>> living_;
};

/// Puts one entry into the lane, or the lanes, it is for. Answers how many took it.
std::size_t put_into_lanes(lane_entry what, const std::vector<std::shared_ptr<lane>>& lanes);

} // namespace callsign::detail
