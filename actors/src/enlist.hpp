/// \file
/// Lists of what a worker has begun and others may end.
#pragma once

#include <memory>
#include <vector>

namespace callsign::detail {

/// Adds one; those that are gone leave the list when it is full. If most are left then, room is
/// made for as many again: the next look comes only when it is worth its while.
template <class T>
void enlist(std::vector<std::weak_ptr<T>>& list, const std::shared_ptr<T>& who) {
  if (list.size() == list.capacity()) {
    std::erase_if(list, [](const auto& one) { return one.expired(); });
    if (list.size() > list.capacity() / 2)
      list.reserve(2 * list.size());
  }
  list.push_back(who);
}

} // namespace callsign::detail
