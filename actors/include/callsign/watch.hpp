/// \file
/// Being told when another worker ends.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace callsign {

class worker;

namespace detail {
class watch_core;
}

/// Why an incarnation of a worker has ended.
enum class why_ended : std::uint8_t {
  killed,      ///< somebody asked for it
  aborted,     ///< likewise, as if its process had died
  shut_down,   ///< the whole set ends
  failed,      ///< a task threw, and its supervision made an end of it
  with_others, ///< another one of its group failed
  passivated,  ///< it was idle for as long as it may be
  never_began, ///< no thread could be started for it
  nobody,      ///< nobody lived under that name or number when it was to be watched
};

[[nodiscard]] std::string_view to_string(why_ended why) noexcept;

/// The end of one incarnation, as those hear of it who watch it.
struct worker_end {
  std::string name;              ///< empty if a number was watched that nobody has
  std::uint64_t number = 0;      ///< 0 if a name was watched under which nobody lived
  std::uint64_t incarnation = 0; ///< 1 for the first life under this name; 0 for nobody
  why_ended why = why_ended::nobody;
  std::string what; ///< for `failed`: the text of the exception
};

/// What a worker does when it hears of an end.
using end_handler = std::function<void(worker&, const worker_end&)>;

/// The address of a watch. It may be let go; the watch lasts until it has told, or until the
/// incarnation that watches ends.
/// @context any thread
class watching {
public:
  watching() noexcept = default;
  explicit watching(std::weak_ptr<detail::watch_core> what) noexcept : what_{std::move(what)} {}

  /// Nothing is heard after this in the worker that watches, not even what waits in its mailbox
  /// already. Again, or after the end, it does nothing.
  void cancel() const;
  /// Whether an end may still be heard of.
  [[nodiscard]] bool is_active() const;

private:
  std::weak_ptr<detail::watch_core> what_;
};

} // namespace callsign
