/// \file
/// Several workers behind one name: who takes a call.
#pragma once

#include "actors/src/deadlines.hpp"
#include "actors/src/slot.hpp"

#include <callsign/worker_pool.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace callsign::detail {

class worker_system;

/// The members are workers with names of their own, `Importers/1` and so on; their slots are made
/// with the pool, and they by their first calls. Those before `active_` take new calls.
///
/// Keys are kept in buckets. A bucket that has calls under way stays where it is, whatever becomes
/// of the pool, so that no call of a key can overtake another one; only one that has none moves.
///
/// @context any thread. Locks: the pool's may be held while a slot's or the wheel's is taken
class pool final : public deadline, public std::enable_shared_from_this<pool> {
public:
  /// @errors `std::invalid_argument` for options out of range
  pool(worker_system& system, std::string name, pool_options options);

  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  /// Also those that take no new calls.
  [[nodiscard]] std::span<const std::shared_ptr<slot>> members() const noexcept { return members_; }
  [[nodiscard]] bool is_member(const slot& who) const noexcept;

  /// Chooses who takes a call; grows if calls pile up. With a key, `what` counts as under way from
  /// here to its end.
  [[nodiscard]] const std::shared_ptr<slot>& choose(const std::optional<std::string_view>& key,
                                                    task& what);
  /// It has `least` members again.
  void reset();

  /// Looks who is superfluous.
  void due() noexcept override;

private:
  using time_point = std::chrono::steady_clock::time_point;
  struct bucket {
    std::atomic<std::uint32_t> under_way{0};
    std::size_t member = 0;
  };
  class counted_call;

  [[nodiscard]] std::size_t member_for(std::string_view key, task& what);
  [[nodiscard]] std::size_t least_loaded() const;
  /// Whether that member, idle as it is, has been so for long enough.
  [[nodiscard]] bool is_superfluous(std::size_t member, const slot::idleness& idle,
                                    time_point now) const noexcept;
  void look_later(time_point now);

  worker_system& system_;
  const std::string name_;
  const pool_options options_;
  std::array<bucket, 1024> buckets_; ///< outlives the members, whose mailboxes count here
  std::vector<std::shared_ptr<slot>> members_;
  mutable std::mutex lock_;
  std::vector<time_point> last_used_;
  std::size_t active_;
  std::size_t next_ = 0;
  bool is_armed_ = false;
};

} // namespace callsign::detail
