#include <callsign/counters.hpp>

namespace callsign {

std::string_view to_string(counter which) noexcept {
  switch (which) {
  case counter::lines_accepted: return "lines_accepted";
  case counter::lines_refused_full: return "lines_refused_full";
  case counter::lines_refused_address_full: return "lines_refused_address_full";
  case counter::lines_lost_to_descriptors: return "lines_lost_to_descriptors";
  case counter::requests_answered: return "requests_answered";
  case counter::answers_cut: return "answers_cut";
  case counter::requests_bad: return "requests_bad";
  case counter::requests_late: return "requests_late";
  case counter::upgrades_asked: return "upgrades_asked";
  case counter::refused_origin: return "refused_origin";
  case counter::refused_version: return "refused_version";
  case counter::refused_upgrade: return "refused_upgrade";
  case counter::refused_full: return "refused_full";
  case counter::refused_address_full: return "refused_address_full";
  case counter::refused_by_handler: return "refused_by_handler";
  case counter::refused_by_exception: return "refused_by_exception";
  case counter::refused_late: return "refused_late";
  case counter::refused_stopping: return "refused_stopping";
  case counter::requester_gone: return "requester_gone";
  case counter::connections_opened: return "connections_opened";
  case counter::connections_closed: return "connections_closed";
  case counter::closed_by_client: return "closed_by_client";
  case counter::closed_by_server: return "closed_by_server";
  case counter::closed_line_lost: return "closed_line_lost";
  case counter::closed_heartbeat: return "closed_heartbeat";
  case counter::closed_protocol_error: return "closed_protocol_error";
  case counter::closed_invalid_utf8: return "closed_invalid_utf8";
  case counter::closed_message_too_big: return "closed_message_too_big";
  case counter::closed_too_many_fragments: return "closed_too_many_fragments";
  case counter::closed_message_late: return "closed_message_late";
  case counter::closed_overflow: return "closed_overflow";
  case counter::closed_budget: return "closed_budget";
  case counter::closed_close_deadline: return "closed_close_deadline";
  case counter::messages_received: return "messages_received";
  case counter::messages_dropped_json: return "messages_dropped_json";
  case counter::messages_dropped_by_end: return "messages_dropped_by_end";
  case counter::messages_sent: return "messages_sent";
  case counter::messages_dropped_overflow_newest: return "messages_dropped_overflow_newest";
  case counter::messages_dropped_overflow_oldest: return "messages_dropped_overflow_oldest";
  case counter::messages_dropped_closed: return "messages_dropped_closed";
  case counter::messages_dropped_unsent: return "messages_dropped_unsent";
  case counter::broadcasts: return "broadcasts";
  case counter::handler_exceptions: return "handler_exceptions";
  case counter::pings_sent: return "pings_sent";
  case counter::count_: break;
  }
  return "?";
}

} // namespace callsign
