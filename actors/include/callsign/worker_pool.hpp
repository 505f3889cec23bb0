/// \file
/// Several workers behind one name.
#pragma once

#include <callsign/runs_on.hpp>

#include <chrono>
#include <cstddef>
#include <string_view>

namespace callsign {

/// Which member of a pool takes a call that has no key.
enum class sharing {
  round_robin,  ///< one after the other
  least_loaded, ///< the one for which the fewest wait; of those, the first
};

/// A pool has `least` members or, if calls pile up, more, but never more than `most`.
struct pool_options {
  /// @units 1 to 1000
  std::size_t least = 1;
  /// @units up to 1000; zero: as `least`
  std::size_t most = 0;
  sharing by = sharing::round_robin;
  /// Where the members' tasks run.
  runs_on where = runs_on::pool;
  /// The pool gets another member when a call would be behind so many others.
  std::size_t grow_at = 16;
  /// The last member goes when it has had nothing to do for so long; the pool looks for it about as
  /// often. It is killed, idle as it is: one that awaits something, as in
  /// `hire_options::idle_after`, takes no new calls but lives on until it does not.
  std::chrono::milliseconds shrink_after{30'000};
};

/// One place in a pool: `workers.call(callsign::keyed{"Importers", customer}, task)`.
///
/// Calls with one key run in the order they were made, one at a time, and in the same worker as
/// long as the pool has the same size. When it grows or shrinks, a key may move to another member,
/// but not before all its calls have ended. For a name that is no pool the key means nothing.
struct keyed {
  explicit keyed(std::string_view pool_name, std::string_view of) noexcept
      : name{pool_name}, key{of} {}
  std::string_view name;
  std::string_view key;
};

} // namespace callsign
