#include "net/src/door/door.hpp"

#include "net/src/rules/http_text.hpp"

#include <cstdio>
#include <string>

namespace callsign::door {

void ledger::log(log_level level, std::string_view line) const {
  const std::string safe = rules::escape_controls(line);
  if (log_) {
    log_(level, safe);
    return;
  }
  if (level != log_level::warning && level != log_level::error)
    return;
  // One call a line, so that lines of several threads do not mix.
  const std::string whole = (level == log_level::error ? "error: " : "warning: ") + safe + "\n";
  std::fwrite(whole.data(), 1, whole.size(), stderr);
}

} // namespace callsign::door
