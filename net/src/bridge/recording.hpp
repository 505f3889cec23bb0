/// \file
/// How a recording of a network comes to be.
#pragma once

#include "actors/src/worker_system.hpp"
#include "net/src/door/recorder.hpp"

#include <callsign/network.hpp>

#include <cstddef>
#include <memory>

namespace callsign::detail {

/// Begins the recording that the options ask for, and has it told what the workers do.
///
/// @errors `failure` if the file cannot be made; null if none is asked for
[[nodiscard]] std::shared_ptr<door::recorder>
begin_recording(worker_system& workers, const network_options& options, std::size_t io_threads,
                const std::shared_ptr<door::ledger>& books);

} // namespace callsign::detail
