/// \file
/// Who is told what each worker does, for recordings.
#pragma once

#include "actors/src/entry.hpp"

#include <string>

namespace callsign::detail {

/// @context the worker, just before it does it
class entry_watcher {
public:
  virtual ~entry_watcher() = default;
  virtual void runs(const std::string& worker, const entry& what) = 0;
  /// It notices that it was killed, aborted or shut down.
  virtual void notices_end(const std::string& worker) = 0;
};

} // namespace callsign::detail
