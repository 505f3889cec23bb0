/// \file
/// Who hears what becomes of entries.
#pragma once

#include "actors/src/entry.hpp"

#include <callsign/inspection.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <source_location>

namespace callsign::detail {

class slot;

/// Hears of entries that are dropped and of those that are traced, and knows the time.
/// @context any thread, no lock held, except for `now`
class witness {
public:
  using time_point = std::chrono::steady_clock::time_point;

  [[nodiscard]] virtual time_point now() const noexcept = 0;
  virtual void is_dead(const slot& whose, const entry& what, drop_reason why) noexcept = 0;
  virtual void has_run(const trace_line& what) noexcept = 0;

protected:
  ~witness() = default;
};

/// Wraps what an entry runs, so that the witness hears of it.
void trace(entry& what, std::uint64_t sender, witness& by);

} // namespace callsign::detail
