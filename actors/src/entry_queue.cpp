#include "actors/src/entry_queue.hpp"

#include "actors/src/brief_lock.hpp"

#include <mutex>
#include <new>

namespace callsign::detail {

static_assert(sizeof(entry) == 64, "an entry is a cache line");

/// Large segments that nobody uses, at most 4 MiB of them. A burst makes thousands in one thread
/// and empties them in another, which is what allocators are slowest at.
/// @context any thread
class entry_queue::store {
public:
  /// Or null.
  [[nodiscard]] segment* take() noexcept {
    const std::scoped_lock guard{lock_};
    segment* one = first_;
    if (one != nullptr) {
      first_ = one->next;
      --count_;
    }
    return one;
  }
  /// False: there are enough.
  [[nodiscard]] bool put(segment* one) noexcept {
    const std::scoped_lock guard{lock_};
    if (count_ >= most)
      return false;
    one->next = first_;
    first_ = one;
    ++count_;
    return true;
  }
  /// All of them, as a list.
  [[nodiscard]] segment* take_all() noexcept {
    const std::scoped_lock guard{lock_};
    count_ = 0;
    return std::exchange(first_, nullptr);
  }
  /// Never destroyed: whoever ends last may still have segments.
  [[nodiscard]] static store& instance() {
    static auto* const only = new store;
    return *only;
  }

private:
  static constexpr std::size_t most = 1024;
  brief_lock lock_;
  segment* first_ = nullptr;
  std::size_t count_ = 0;
};

entry_queue::~entry_queue() {
  clear();
  shrink();
}

void entry_queue::add_segment() {
  segment* fresh = kept_;
  if (fresh != nullptr) {
    kept_ = fresh->next;
    --kept_count_;
  } else {
    fresh = allocate(last_ == nullptr ? small_capacity : large_capacity);
  }
  fresh->next = nullptr;
  fresh->begin = 0;
  fresh->end = 0;
  (last_ == nullptr ? first_ : last_->next) = fresh;
  last_ = fresh;
}

void entry_queue::reserve(std::size_t count) {
  if (last_ == nullptr && count != 0)
    add_segment();
  std::size_t room = last_ == nullptr ? 0 : last_->capacity - last_->end;
  room += std::size_t{kept_count_} * large_capacity;
  for (; room < count; room += large_capacity) {
    segment* more = allocate(large_capacity);
    more->next = kept_;
    kept_ = more;
    ++kept_count_;
  }
}

entry entry_queue::take_out(std::size_t index) {
  entry_queue others;
  entry found;
  for (std::size_t i = 0; !empty(); ++i, pop_front()) {
    if (i == index) {
      found = std::move(front());
    } else {
      others.push_back(std::move(front()));
    }
  }
  swap(others);
  return found;
}

void entry_queue::leave_segment() noexcept {
  if (first_ == last_) {
    // The last one is filled again from its beginning.
    first_->begin = 0;
    first_->end = 0;
    return;
  }
  segment* empty = first_;
  first_ = empty->next;
  if (empty->capacity == large_capacity && kept_count_ < most_kept) {
    empty->next = kept_;
    kept_ = empty;
    ++kept_count_;
  } else {
    free(empty);
  }
}

void entry_queue::append(entry_queue&& other) noexcept {
  if (other.empty())
    return;
  if (empty()) {
    swap(other);
    return;
  }
  last_->next = std::exchange(other.first_, nullptr);
  last_ = std::exchange(other.last_, nullptr);
  size_ += std::exchange(other.size_, 0);
}

void entry_queue::clear() noexcept {
  while (size_ != 0)
    pop_front();
}

void entry_queue::shrink() noexcept {
  if (size_ == 0 && first_ != nullptr) {
    free(first_);
    first_ = last_ = nullptr;
  }
  while (kept_ != nullptr)
    free(std::exchange(kept_, kept_->next));
  kept_count_ = 0;
}

entry_queue::segment* entry_queue::allocate(std::uint32_t capacity) {
  if (capacity == large_capacity) {
    if (segment* one = store::instance().take())
      return one;
  }
  auto* fresh = static_cast<segment*>(::operator new(header + capacity * sizeof(entry)));
  fresh->capacity = capacity;
  return fresh;
}

void entry_queue::free(segment* what) noexcept {
  if (what->capacity != large_capacity || !store::instance().put(what))
    ::operator delete(what);
}

void entry_queue::shrink_store() noexcept {
  for (segment* one = store::instance().take_all(); one != nullptr;)
    ::operator delete(std::exchange(one, one->next));
}

std::size_t entry_queue::capacity() const noexcept {
  std::size_t sum = 0;
  for (const segment* list : {first_, kept_}) {
    for (; list != nullptr; list = list->next)
      sum += list->capacity;
  }
  return sum;
}

} // namespace callsign::detail
