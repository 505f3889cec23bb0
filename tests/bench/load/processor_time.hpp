#pragma once

namespace bench {

/// Processor time a process has used.
///
/// @units  seconds; `total` is exact to the microsecond, its split to a tick of 10 ms
struct processor_time {
  double total = 0;
  double user = 0;
  double kernel = 0;
};

/// Reads the processor time of all threads of a process that are alive.
///
/// @errors  `std::runtime_error` when there is no such process
/// @source  `/proc/PID/task/*/schedstat` for the total, `/proc/PID/stat` for the split
processor_time read_processor_time(int process);

} // namespace bench
