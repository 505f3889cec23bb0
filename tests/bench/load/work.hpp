#pragma once

#include "load/clock.hpp"
#include "load/crowd.hpp"
#include "load/histogram.hpp"
#include "load/ledger.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace bench {

/// One kind of load: what the clients of a crowd say, and whether they hear what they should.
///
/// The crowd calls the `crowd_handler` part; `drive` calls the rest, in the order given here.
class work : public crowd_handler {
public:
  /// Opens the clients.
  virtual void gather(crowd& clients) = 0;

  /// Says the first messages.
  virtual void start(nanoseconds at) = 0;

  /// Does what is due between turns and says how long nothing else will be.
  virtual nanoseconds tick(nanoseconds at) = 0;

  /// Says no new message from now on.
  virtual void stop() = 0;

  /// Whether everything that will be said has been said; never in a run that goes by time.
  [[nodiscard]] virtual bool is_exhausted() const = 0;

  /// Whether everything said has arrived wherever it should.
  [[nodiscard]] virtual bool is_quiet() const = 0;

  /// Everything has arrived, and the clients are about to leave.
  virtual void part() {}

  /// What was wrong.
  [[nodiscard]] virtual faults check() = 0;

  /// What `--promises` found, after `check`: a line for each that is broken.
  [[nodiscard]] virtual std::vector<std::string> broken_promises() const { return {}; }

  /// Forgets the counts so far: the measurement begins.
  void begin_measurement() {
    deliveries_ = 0;
    latencies_.clear();
    fan_outs_.clear();
  }

  [[nodiscard]] std::uint64_t deliveries() const noexcept { return deliveries_; }
  [[nodiscard]] std::uint64_t said() const noexcept { return said_; }
  [[nodiscard]] std::uint64_t notices() const noexcept { return notices_; }
  [[nodiscard]] const histogram& latencies() const noexcept { return latencies_; }
  /// From the first byte of a message until all have it; of modes in which more than one should.
  [[nodiscard]] const histogram& fan_outs() const noexcept { return fan_outs_; }

protected:
  /// What a run that has nothing to do between turns answers to `tick`.
  static constexpr nanoseconds nothing_due = 50'000'000;
  /// How long opening the clients may take.
  static constexpr nanoseconds gather_limit = 60'000'000'000;

  void count_delivery(nanoseconds latency) noexcept {
    ++deliveries_;
    latencies_.add(latency);
  }

  void count_fan_out(nanoseconds time) noexcept { fan_outs_.add(time); }

  std::uint64_t said_ = 0;
  std::uint64_t notices_ = 0;
  faults found_;

private:
  std::uint64_t deliveries_ = 0;
  histogram latencies_;
  histogram fan_outs_;
};

} // namespace bench
