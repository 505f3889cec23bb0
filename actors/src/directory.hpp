/// \file
/// Names and numbers of workers.
#pragma once

#include "actors/src/slot.hpp"

#include <array>
#include <memory>
#include <mutex>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace callsign::detail {

/// Finds slots by name and by number. CAF's own registry keeps atoms of ten characters only.
///
/// Locks: a slot's lock may be held while a number is added or removed; nothing here takes a
/// slot's.
/// @context any thread
class directory {
public:
  /// The slot of that name; made, vacant, if the name is new.
  /// @errors `std::invalid_argument` if the name is new and is no name, see `check_name`
  [[nodiscard]] std::shared_ptr<slot> entry_of(std::string_view name, runs_on kind);
  /// The slot of that name, or null. Makes nothing.
  [[nodiscard]] std::shared_ptr<slot> find(std::string_view name) const;
  /// The slot in which that incarnation lives, or null.
  [[nodiscard]] std::shared_ptr<slot> find(worker_number number) const;

  void add_number(worker_number number, std::shared_ptr<slot> who);
  void remove_number(worker_number number);

  [[nodiscard]] std::vector<std::shared_ptr<slot>> all() const;

  /// From now on new names get slots that are shut. Answers all that were made before.
  [[nodiscard]] std::vector<std::shared_ptr<slot>> shut();

  /// @errors `std::invalid_argument`: empty, over 255 bytes, control characters, not UTF-8 (rule
  /// W-5)
  static void check_name(std::string_view name);

private:
  struct hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view name) const noexcept {
      return std::hash<std::string_view>{}(name);
    }
  };
  struct shard {
    mutable std::mutex lock;
    bool is_shut = false;
    std::unordered_map<std::string, std::shared_ptr<slot>, hash, std::equal_to<>> by_name;
    std::unordered_map<worker_number, std::shared_ptr<slot>> by_number;
  };
  static constexpr std::size_t shard_count = 16;

  [[nodiscard]] shard& of(std::string_view name) { return shards_[hash{}(name) % shard_count]; }
  [[nodiscard]] const shard& of(std::string_view name) const {
    return shards_[hash{}(name) % shard_count];
  }
  [[nodiscard]] shard& of(worker_number n) { return shards_[n % shard_count]; }
  [[nodiscard]] const shard& of(worker_number n) const { return shards_[n % shard_count]; }

  std::array<shard, shard_count> shards_;
};

/// Whether the bytes are well-formed UTF-8. @source Unicode 15, table 3-7
[[nodiscard]] bool is_utf8(std::string_view bytes) noexcept;

} // namespace callsign::detail
