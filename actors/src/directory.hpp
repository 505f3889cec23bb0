/// \file
/// Names and numbers of workers.
#pragma once

#include "actors/src/slot.hpp"

#include <array>
#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace callsign::detail {

/// Finds slots by name and by number. CAF's own registry keeps atoms of ten characters only.
///
/// A name is never forgotten, so a name that is known is found without a lock, and what is answered
/// stays true as long as the directory lives.
///
/// Locks: a slot's lock may be held while a number is added or removed; nothing here takes a
/// slot's.
/// @context any thread
class directory {
public:
  directory() = default;
  ~directory();
  directory(const directory&) = delete;
  directory& operator=(const directory&) = delete;

  /// The slot of that name; made, vacant, if the name is new.
  /// @errors `std::invalid_argument` if the name is new and is no name, see `check_name`
  [[nodiscard]] const std::shared_ptr<slot>& entry_of(std::string_view name, runs_on kind);
  /// The slot of that name, or null. Makes nothing.
  [[nodiscard]] const std::shared_ptr<slot>& find(std::string_view name) const;
  /// The slot in which that incarnation lives, or null.
  [[nodiscard]] std::shared_ptr<slot> find(worker_number number) const;

  /// Somebody else keeps the slot until the number is removed: for names that is this directory.
  void add_number(worker_number number, slot& who);
  void remove_number(worker_number number);

  [[nodiscard]] std::vector<std::shared_ptr<slot>> all() const;

  /// From now on new names get slots that are shut. Answers all that were made before.
  [[nodiscard]] std::vector<std::shared_ptr<slot>> shut();

  /// @errors `std::invalid_argument`: empty, over 255 bytes, control characters, not UTF-8 (rule
  /// W-5)
  static void check_name(std::string_view name);

private:
  /// A name and what is known under it; made once, never moved.
  struct known {
    std::size_t hash;
    std::shared_ptr<slot> who;
  };
  /// An open table of names that only grows. Readers need no lock: a table is filled before it is
  /// shown, and one that has been outgrown stays until the end for those who are still reading it.
  struct table {
    explicit table(std::size_t size) : places(size) {}
    std::vector<std::atomic<const known*>> places; ///< a power of two; at least a third is free
    std::unique_ptr<table> outgrown;
  };
  struct alignas(64) shard {
    mutable std::mutex lock;
    bool is_shut = false;
    std::atomic<const table*> by_name{nullptr};
    std::unique_ptr<table> names;
    std::size_t count = 0;
    std::unordered_map<worker_number, slot*> by_number;
  };
  static constexpr std::size_t shard_count = 16;

  [[nodiscard]] static std::size_t hash_of(std::string_view name) noexcept {
    return std::hash<std::string_view>{}(name);
  }
  [[nodiscard]] static const known* look(const table* in, std::size_t hash, std::string_view name);
  static void put(table& into, const known* what);
  static void grow(shard& part);
  static void add_all(const shard& part, std::vector<std::shared_ptr<slot>>& to);

  // The highest bits choose the shard, the lowest the place in it.
  [[nodiscard]] shard& of(std::size_t hash) { return shards_[hash >> 60]; }
  [[nodiscard]] const shard& of(std::size_t hash) const { return shards_[hash >> 60]; }
  [[nodiscard]] shard& of_number(worker_number n) { return shards_[n % shard_count]; }
  [[nodiscard]] const shard& of_number(worker_number n) const { return shards_[n % shard_count]; }

  std::array<shard, shard_count> shards_;
};

} // namespace callsign::detail
