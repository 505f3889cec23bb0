#include "net/src/rules/close_rules.hpp"

namespace callsign::rules {

bool may_send(int code, close_codes rule) noexcept {
  if (rule == close_codes::strict)
    return code > 3000 && code <= 4999;
  switch (code) {
  case 1000:
  case 1001:
  case 1008:
  case 1011:
  case 1012:
  case 1013: return true;
  default: return code >= 3000 && code <= 4999;
  }
}

bool may_receive(close_code code) noexcept {
  if (code >= 3000 && code <= 4999)
    return true;
  return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014);
}

std::optional<std::string_view> standard_reason(close_code code) noexcept {
  switch (code) {
  case 1000: return "closed normally";
  case 1001:
    return "the endpoint went away, probably a page that was left without an explicit close";
  case 1002: return "protocol error";
  case 1003: return "data that cannot be accepted";
  case 1006: return "abnormal closure: the line was lost without a closing handshake";
  case 1007: return "text that is not UTF-8";
  case 1008: return "policy violation";
  case 1009: return "message too big";
  case 1011: return "internal error";
  case 1012: return "service restart";
  case 1013: return "try again later";
  default: return std::nullopt;
  }
}

} // namespace callsign::rules
