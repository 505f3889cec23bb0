/// \file
/// Entries in the order they came.
#pragma once

#include "actors/src/entry.hpp"

#include <cstddef>
#include <cstdint>
#include <utility>

namespace callsign::detail {

/// A queue of entries in linked segments: an entry is built once and stays where it is until it has
/// run. A vector would move all that waits each time it grows, under the lock, and a burst would
/// leave it megabytes large.
///
/// Segments that have been emptied are kept for the next entries: a few by the queue, which travel
/// with `swap` between the one who fills and the one who empties, and some by the process.
///
/// @context one thread at a time
class entry_queue {
public:
  entry_queue() noexcept = default;
  entry_queue(entry_queue&& other) noexcept { swap(other); }
  entry_queue& operator=(entry_queue&& other) noexcept {
    entry_queue{std::move(other)}.swap(*this);
    return *this;
  }
  entry_queue(const entry_queue&) = delete;
  entry_queue& operator=(const entry_queue&) = delete;
  ~entry_queue();

  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] entry& front() noexcept { return *first_->at(first_->begin); }
  [[nodiscard]] const entry& front() const noexcept { return *first_->at(first_->begin); }

  void push_back(entry&& what) {
    if (last_ == nullptr || last_->end == last_->capacity)
      add_segment();
    ::new (static_cast<void*>(last_->at(last_->end))) entry{std::move(what)};
    ++last_->end;
    ++size_;
  }

  void pop_front() noexcept {
    first_->at(first_->begin)->~entry();
    --size_;
    if (++first_->begin == first_->end)
      leave_segment();
  }

  /// The next `count` entries will need no memory. Nothing has changed if it throws.
  void reserve(std::size_t count);
  /// Puts all of `other` behind what is here; moves no entry.
  void append(entry_queue&& other) noexcept;
  void clear() noexcept;
  /// Gives back the memory that is kept for later.
  void shrink() noexcept;
  /// Gives back what the process keeps for all queues. @context any thread
  static void shrink_store() noexcept;
  void swap(entry_queue& other) noexcept {
    std::swap(first_, other.first_);
    std::swap(last_, other.last_);
    std::swap(kept_, other.kept_);
    std::swap(kept_count_, other.kept_count_);
    std::swap(size_, other.size_);
  }

  template <class F>
  void for_each(F&& look) const {
    for (const segment* in = first_; in != nullptr; in = in->next) {
      for (auto i = in->begin; i != in->end; ++i)
        look(*in->at(i));
    }
  }
  template <class F>
  void for_each(F&& change) {
    for (segment* in = first_; in != nullptr; in = in->next) {
      for (auto i = in->begin; i != in->end; ++i)
        change(*in->at(i));
    }
  }

  // For tests and test kits.

  /// Takes one out of its turn.
  [[nodiscard]] entry take_out(std::size_t index);
  /// What is allocated, in entries.
  [[nodiscard]] std::size_t capacity() const noexcept;

private:
  struct segment {
    segment* next;
    std::uint32_t begin;
    std::uint32_t end;
    std::uint32_t capacity;
    [[nodiscard]] entry* at(std::uint32_t i) noexcept {
      return reinterpret_cast<entry*>(reinterpret_cast<std::byte*>(this) + header) + i;
    }
    [[nodiscard]] const entry* at(std::uint32_t i) const noexcept {
      return reinterpret_cast<const entry*>(reinterpret_cast<const std::byte*>(this) + header) + i;
    }
  };
  static constexpr std::size_t header =
      (sizeof(segment) + alignof(entry) - 1) / alignof(entry) * alignof(entry);
  /// A worker that gets a task now and then needs little; the allocator is quick with such sizes.
  static constexpr std::uint32_t small_capacity = 4;
  static constexpr std::uint32_t large_capacity = 63; ///< 4 KiB
  static constexpr std::uint32_t most_kept = 4;

  void add_segment();
  void leave_segment() noexcept;
  [[nodiscard]] static segment* allocate(std::uint32_t capacity);
  static void free(segment* what) noexcept;

  class store;

  segment* first_ = nullptr;
  segment* last_ = nullptr;
  segment* kept_ = nullptr; ///< empty ones, large
  std::uint32_t kept_count_ = 0;
  std::size_t size_ = 0;
};

} // namespace callsign::detail
