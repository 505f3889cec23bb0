#include "net/src/rules/ending.hpp"

#include "net/src/rules/close_rules.hpp"

namespace callsign::rules {

namespace {

using door::end_cause;

struct verdict {
  close_code code;
  std::optional<errc> error;
  counter why;
};

verdict judge(our_part part, close_code our_code, const door::end_facts& facts,
              bool past_deadline) {
  switch (part) {
  case our_part::heartbeat_lost:
    return {closing::abnormal, errc::heartbeat_lost, counter::closed_heartbeat};
  case our_part::overflow:
    return {closing::try_again_later, errc::client_too_slow, counter::closed_overflow};
  case our_part::budget:
    return {closing::try_again_later, errc::budget_exhausted, counter::closed_budget};
  case our_part::none:
  case our_part::terminated:
  case our_part::server_ended: break;
  }
  switch (facts.cause) {
  case end_cause::protocol_error:
    return {closing::protocol_error, errc::protocol_error, counter::closed_protocol_error};
  case end_cause::invalid_utf8:
    return {closing::invalid_utf8, errc::invalid_utf8, counter::closed_invalid_utf8};
  case end_cause::message_too_big:
    return {closing::too_big, errc::message_too_big, counter::closed_message_too_big};
  case end_cause::too_many_fragments:
    return {closing::too_big, errc::message_too_big, counter::closed_too_many_fragments};
  case end_cause::message_late:
    return {closing::policy, errc::message_too_slow, counter::closed_message_late};
  case end_cause::closed:
    if (part != our_part::none) {
      return {our_code == 0 ? closing::none : our_code, std::nullopt, counter::closed_by_server};
    }
    if (facts.client_code == 0)
      return {closing::none, std::nullopt, counter::closed_by_client};
    if (facts.client_code == closing::going_away) {
      return {closing::going_away, errc::going_away, counter::closed_by_client};
    }
    return {facts.client_code, std::nullopt, counter::closed_by_client};
  case end_cause::line_lost:
  case end_cause::dropped: break;
  }
  return {closing::abnormal, errc::line_lost,
          past_deadline ? counter::closed_close_deadline : counter::closed_line_lost};
}

} // namespace

ending end_of_connection(our_part part, close_code our_code, std::string our_reason,
                         const door::end_facts& facts, bool past_deadline) {
  const auto found = judge(part, our_code, facts, past_deadline);
  ending result;
  result.why = found.why;
  result.how.code = found.code;
  if (found.why == counter::closed_by_client && !facts.client_reason.empty()) {
    result.how.reason = facts.client_reason;
  } else if (found.why == counter::closed_by_server && !our_reason.empty()) {
    result.how.reason = std::move(our_reason);
  } else if (const auto sentence = standard_reason(found.code)) {
    result.how.reason = std::string{*sentence};
  }
  if (found.error) {
    const auto code = make_error_code(*found.error);
    std::string text = code.message();
    if (found.why == counter::closed_too_many_fragments)
      text += " (too many fragments)";
    if (past_deadline)
      text += " (it did not answer our close in time)";
    result.error = error_event{{{found.code, std::move(text), "HTTP", code}}, true};
  }
  return result;
}

} // namespace callsign::rules
