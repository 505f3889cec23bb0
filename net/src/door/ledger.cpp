#include "net/src/door/door.hpp"

#include "net/src/rules/http_text.hpp"

namespace callsign::door {

void ledger::log(log_level level, std::string_view line) const {
  if (log_)
    log_(level, rules::escape_controls(line));
}

} // namespace callsign::door
