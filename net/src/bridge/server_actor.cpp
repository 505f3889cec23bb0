#include "net/src/bridge/server_actor.hpp"

#include "net/src/bridge/connection_core.hpp"

namespace callsign::detail {

std::size_t put_into_lanes(lane_entry what, const std::vector<std::shared_ptr<lane>>& lanes) {
  if (auto* broadcast = std::get_if<lane_broadcast>(&what)) {
    for (const auto& one : lanes) {
      if (one->push(*broadcast))
        continue;
      if (broadcast->ticket != nullptr)
        broadcast->ticket->threads_left.fetch_sub(1, std::memory_order_acq_rel);
    }
    return lanes.size();
  }
  if (auto* all = std::get_if<lane_terminate_all>(&what)) {
    for (const auto& one : lanes)
      one->push(*all);
    return lanes.size();
  }
  auto* home = std::visit(
      [](const auto& entry) -> lane* {
        if constexpr (requires { entry.who; })
          return &entry.who->home();
        return nullptr;
      },
      what);
  return home != nullptr && home->push(std::move(what)) ? 1 : 0;
}

caf::behavior server_actor::make_behavior() {
  return {
      [this](const ordered_mail& mail) { put_into_lanes(std::move(*mail.what), lanes_); },
      [this](quit_mail) {
        living_->fetch_sub(1);
        quit();
      },
  };
}

} // namespace callsign::detail
