/// \file
/// Indexes that wait.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace callsign::beast {

/// Indexes in the order in which they came, each at most once. Any of them can be taken out at the
/// price of one, however many there are.
/// @context one thread
class index_queue {
public:
  index_queue() : links_(1, {head, head}) {}

  /// Indexes below `count` may be pushed. @errors `std::bad_alloc`; nothing has changed then
  void fit(std::size_t count) {
    if (links_.size() <= count)
      links_.resize(count + 1);
  }

  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] bool contains(std::size_t index) const noexcept {
    return links_[index + 1].after != absent;
  }

  /// Nothing, if it is there already.
  void push_back(std::size_t index) noexcept {
    if (contains(index))
      return;
    const auto here = static_cast<std::uint32_t>(index + 1);
    const std::uint32_t last = links_[head].before;
    links_[here] = {last, head};
    links_[last].after = here;
    links_[head].before = here;
    ++size_;
  }

  /// Nothing, if it is not there.
  void remove(std::size_t index) noexcept {
    if (!contains(index))
      return;
    const link gone = links_[index + 1];
    links_[gone.before].after = gone.after;
    links_[gone.after].before = gone.before;
    links_[index + 1] = {};
    --size_;
  }

  /// There must be one.
  std::size_t pop_front() noexcept {
    const std::size_t first = links_[head].after - 1;
    remove(first);
    return first;
  }

private:
  static constexpr std::uint32_t head = 0;
  static constexpr std::uint32_t absent = ~std::uint32_t{0};
  struct link {
    std::uint32_t before = absent;
    std::uint32_t after = absent;
  };
  std::vector<link> links_; ///< a ring of those that are there; the one of index i is the (i+1)th
  std::size_t size_ = 0;
};

} // namespace callsign::beast
