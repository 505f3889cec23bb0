#pragma once

#include "load/histogram.hpp"
#include "load/ledger.hpp"
#include "load/options.hpp"
#include "load/processor_time.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace bench {

/// What a run found.
struct outcome {
  /// Why the run could not be finished; empty when it could.
  std::string failure;
  faults found;
  std::uint64_t said = 0;
  std::uint64_t notices = 0;
  std::uint64_t pings = 0;
  std::vector<std::string> broken_promises;
  /// Of the measured time only, as all that follows.
  std::uint64_t deliveries = 0;
  std::uint64_t reads = 0;
  std::uint64_t frames = 0;
  double seconds = 0;
  histogram latencies;
  histogram fan_outs;
  processor_time server;
  processor_time generator;

  [[nodiscard]] bool is_good() const noexcept {
    return failure.empty() && found.is_clean() && broken_promises.empty();
  }
};

/// Runs the load that `options` describe (any mode but `idle`) and checks it.
///
/// Clients connect, a warm-up, the measurement, then nobody speaks any more and everything that is
/// under way must arrive, and nothing after it.
///
/// @context  blocks for as long as the run takes
/// @errors   none: what went wrong stands in the outcome
outcome run_load(const load_options& options);

/// The outcome as one JSON object.
std::string to_json(const load_options& options, const outcome& result);

} // namespace bench
