#include "load/drive.hpp"

#include "load/broadcast_work.hpp"
#include "load/churn_work.hpp"
#include "load/echo_work.hpp"

#include <algorithm>
#include <exception>
#include <memory>
#include <unistd.h>

namespace bench {
namespace {

/// How long the run listens for deliveries that should not come.
constexpr nanoseconds aftermath = 50'000'000;
/// How long the server may settle after the last client has connected.
constexpr nanoseconds settling = 50'000'000;
/// How long the server may take over the closing handshakes; what is late is cut.
constexpr nanoseconds parting_limit = 2'000'000'000;

std::unique_ptr<work> make_work(const load_options& options) {
  if (options.mode == load_mode::echo)
    return std::make_unique<echo_work>(options);
  if (options.mode == load_mode::churn)
    return std::make_unique<churn_work>(options);
  return std::make_unique<broadcast_work>(options);
}

/// Everything that is read at both ends of the measurement.
struct reading {
  nanoseconds at = 0;
  crowd_counters counters;
  processor_time server;
  processor_time generator;
};

processor_time operator-(const processor_time& end, const processor_time& start) {
  return {end.total - start.total, end.user - start.user, end.kernel - start.kernel};
}

class driver {
public:
  explicit driver(const load_options& options)
      : options_{options}, work_{make_work(options)}, clients_{{.to = options.to,
                                                                .sources = options.sources},
                                                               *work_} {}

  void run(outcome& result) {
    work_->gather(clients_);
    const nanoseconds settled = now() + settling;
    step_until([settled](nanoseconds at) { return at >= settled; });
    work_->start(now());
    clients_.flush();
    if (options_.messages == 0)
      step_for(from_seconds(options_.warmup));
    const reading start = read();
    work_->begin_measurement();
    if (options_.messages == 0) {
      step_for(from_seconds(options_.duration));
    } else {
      step_while_moving([this] { return work_->is_exhausted() && work_->is_quiet(); });
    }
    measured(start, read(), result);
    work_->stop();
    step_while_moving([this] { return work_->is_quiet(); });
    const nanoseconds end = now() + aftermath;
    step_until([end](nanoseconds at) { return at >= end; });
    work_->part();
    part();
  }

  /// What was wrong so far, also when the run could not be finished.
  void check(outcome& result) {
    result.found = work_->check();
    result.broken_promises = work_->broken_promises();
    result.said = work_->said();
    result.notices = work_->notices();
    result.pings = clients_.counters().pings;
  }

private:
  [[nodiscard]] reading read() const {
    reading result;
    result.counters = clients_.counters();
    result.generator = read_processor_time(::getpid());
    if (options_.server_process != 0)
      result.server = read_processor_time(options_.server_process);
    result.at = now();
    return result;
  }

  void measured(const reading& start, const reading& end, outcome& result) const {
    result.deliveries = work_->deliveries();
    result.reads = end.counters.reads - start.counters.reads;
    result.frames = end.counters.frames - start.counters.frames;
    result.seconds = to_seconds(end.at - start.at);
    result.latencies = work_->latencies();
    result.fan_outs = work_->fan_outs();
    result.server = end.server - start.server;
    result.generator = end.generator - start.generator;
  }

  /// Takes leave of the server in order, so that the next run does not find it cleaning up.
  void part() {
    const nanoseconds deadline = now() + parting_limit;
    const std::size_t readers = std::min(clients_.size(), options_.connections);
    for (std::size_t client = 0; client < readers; ++client)
      clients_.close(client);
    step_until([this, readers, deadline](nanoseconds at) {
      std::size_t gone = 0;
      while (gone < readers && clients_.stands(gone) == standing::absent)
        ++gone;
      return gone == readers || at >= deadline;
    });
  }

  template <class Predicate>
  void step_until(Predicate is_over, nanoseconds longest = 10'000'000) {
    for (nanoseconds at = now(); !is_over(at); at = now())
      clients_.turn(std::min(longest, work_->tick(at)));
  }

  void step_for(nanoseconds time) {
    const nanoseconds end = now() + time;
    for (nanoseconds at = now(); at < end; at = now()) {
      const nanoseconds due = work_->tick(at);
      clients_.flush();
      clients_.turn(std::min(due, end - at));
    }
  }

  /// Goes on until `is_over`, or until no delivery has come for as long as the patience lasts.
  template <class Predicate>
  void step_while_moving(Predicate is_over) {
    std::uint64_t seen = work_->deliveries();
    nanoseconds moved = now();
    step_until([this, is_over, &seen, &moved](nanoseconds at) {
      if (seen != work_->deliveries()) {
        seen = work_->deliveries();
        moved = at;
      }
      return is_over() || at - moved > from_seconds(options_.patience);
    });
  }

  const load_options& options_;
  std::unique_ptr<work> work_;
  crowd clients_;
};

} // namespace

outcome run_load(const load_options& options) {
  outcome result;
  try {
    driver one{options};
    try {
      one.run(result);
    } catch (const std::exception& error) {
      result.failure = error.what();
    }
    one.check(result);
  } catch (const std::exception& error) {
    result.failure = error.what();
  }
  return result;
}

} // namespace bench
