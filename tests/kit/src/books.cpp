#include "tests/kit/src/books.hpp"

#include "net/src/bridge/connection_line.hpp"
#include "net/src/bridge/network_core.hpp"
#include "net/src/bridge/server_core.hpp"

#include <algorithm>

namespace callsign::testkit {

namespace {

class findings {
public:
  void equal(const std::string& a, std::uint64_t left, const std::string& b, std::uint64_t right) {
    if (left != right)
      all.push_back(a + ": " + std::to_string(left) + ", " + b + ": " + std::to_string(right));
  }
  std::vector<std::string> all;
};

void check_lines(findings& found, const detail::io_turn& turn) {
  for (const auto* line : turn.lines()) {
    auto& core = line->core();
    const std::string who = "connection " + std::to_string(core.id());
    found.equal("bytes reserved for " + who, core.reserved(), "in its outbox",
                const_cast<detail::connection_line*>(line)->out().data_bytes());
    found.equal("undelivered bytes of " + who, core.undelivered(), "messages that wait", 0);
  }
}

} // namespace

std::vector<std::string> check(detail::network_core& network, const memory::backend& door,
                               const std::vector<std::shared_ptr<detail::server_core>>& servers) {
  findings found;
  found.all = door.complaints;

  std::size_t lines = 0;
  std::size_t actors = 0;
  std::size_t weight = 0;
  for (std::size_t i = 0; i < network.turn_count(); ++i) {
    const auto& turn = network.turn(i);
    lines += turn.lines().size();
    actors += turn.actor_count();
    for (const auto* line : turn.lines())
      weight += line->weight();
    check_lines(found, turn);
  }
  std::size_t members = 0;
  std::size_t seats = 0;
  for (const auto& server : servers) {
    members += server->connection_count();
    seats += server->seats();
  }
  const std::size_t sessions = door.lines().size();
  found.equal("sessions", sessions, "lines of connection actors", lines);
  found.equal("sessions", sessions, "connection actors", actors);
  found.equal("sessions", sessions, "members of servers", members);
  found.equal("sessions", sessions, "seats taken", seats);
  found.equal("bytes in the budget", network.buffered_bytes(),
              "bytes in outboxes and half-received messages", weight);

  for (const auto& line : door.lines()) {
    if (!line->is_over() && line->unwritten() > 0 && !line->is_stalled())
      found.all.push_back(line->name() + "'s session has " + std::to_string(line->unwritten()) +
                          " bytes to write, but was never marked dirty");
  }

  const auto counts = network.books().values();
  const auto sum = [&](std::initializer_list<counter> which) {
    std::uint64_t all = 0;
    for (const auto one : which)
      all += counts[one];
    return all;
  };
  using enum counter;
  found.equal("connections opened and not closed",
              counts[connections_opened] - counts[connections_closed], "members", members);
  found.equal("connections closed", counts[connections_closed], "reasons for it",
              sum({closed_by_client, closed_by_server, closed_line_lost, closed_heartbeat,
                   closed_protocol_error, closed_invalid_utf8, closed_message_too_big,
                   closed_too_many_fragments, closed_message_late, closed_overflow, closed_budget,
                   closed_close_deadline}));
  found.equal("upgrades asked", counts[upgrades_asked], "admitted, refused or gone",
              sum({connections_opened, refused_origin, refused_full, refused_address_full,
                   refused_by_handler, refused_by_exception, refused_late, refused_stopping,
                   requester_gone}));
  if (std::ranges::none_of(door.lines(), [](const auto& line) { return line->is_stalled(); })) {
    std::uint64_t heard = door.data_frames_heard;
    for (const auto& line : door.lines())
      heard += line->data_frames;
    found.equal("messages sent", counts[messages_sent],
                "heard by clients, or dropped from outboxes",
                heard + sum({messages_dropped_overflow_oldest, messages_dropped_unsent}));
  }
  return found.all;
}

} // namespace callsign::testkit
