#include "net/src/door/door.hpp"

#include "net/src/rules/http_text.hpp"

namespace callsign::door {

void ledger::log(log_level level, std::string_view line) const noexcept {
  if (!log_)
    return;
  try {
    log_(level, rules::escape_controls(line));
  } catch (...) {
    // The line is lost; whoever wrote it must not be.
  }
}

} // namespace callsign::door
