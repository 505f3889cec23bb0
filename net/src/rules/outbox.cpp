#include "net/src/rules/outbox.hpp"

#include <algorithm>

namespace callsign::rules {

outbox::verdict outbox::push(const frame_slice& what) {
  verdict now;
  if (is_close_queued_) {
    now.dropped_closed = what.count();
    return now;
  }
  // The whole slice fits: the usual case, one step.
  std::uint32_t taken = what.last;
  if (data_bytes_ + what.size() > limits_.max_bytes) {
    taken = what.first;
    while (taken < what.last) {
      const std::size_t bytes = what.block->starts[taken + 1] - what.block->starts[taken];
      const std::size_t with =
          data_bytes_ + (what.block->starts[taken] - what.block->starts[what.first]);
      if (with != 0 && with + bytes > limits_.max_bytes)
        break;
      ++taken;
    }
  }
  const auto take = [&](std::uint32_t first, std::uint32_t last) {
    if (first == last)
      return;
    const frame_slice part{what.block, first, last};
    data_bytes_ += part.size();
    now.bytes_queued += part.size();
    now.queued += part.count();
    if (!items_.empty() && items_.back().data.block == what.block &&
        items_.back().data.last == first) {
      items_.back().data.last = last;
    } else {
      items_.push_back({part, {}, false});
    }
  };
  take(what.first, taken);
  if (taken == what.last)
    return now;

  switch (limits_.on_overflow) {
  case overflow::close:
    now.must_close = true;
    now.dropped_newest = what.last - taken;
    break;
  case overflow::drop_newest: now.dropped_newest = what.last - taken; break;
  case overflow::drop_oldest:
    for (; taken < what.last; ++taken) {
      const std::size_t bytes = what.block->starts[taken + 1] - what.block->starts[taken];
      drop_oldest(bytes, now);
      if (fits(bytes)) {
        take(taken, taken + 1);
      } else {
        ++now.dropped_newest; // the frame in front is half written and cannot give way
      }
    }
    break;
  }
  return now;
}

/// Drops whole frames from the front, but not the one that is begun, until `needed` bytes fit.
std::size_t outbox::drop_oldest(std::size_t needed, verdict& so_far) {
  std::size_t freed = 0;
  for (std::size_t i = 0; i < items_.size() && !fits(needed);) {
    item& oldest = items_[i];
    if (oldest.data.block == nullptr) {
      ++i;
      continue;
    }
    auto& s = oldest.data;
    std::uint32_t from = s.first;
    const auto& starts = s.block->starts;
    if (i == 0 && begun_ > 0)
      ++from; // a frame that is begun stays
    std::uint32_t to = from;
    std::size_t bytes = 0;
    while (to < s.last && data_bytes_ - bytes + needed > limits_.max_bytes) {
      bytes += starts[to + 1] - starts[to];
      ++to;
    }
    if (to == from) {
      ++i;
      continue;
    }
    so_far.dropped_oldest += to - from;
    so_far.bytes_dropped += bytes;
    data_bytes_ -= bytes;
    freed += bytes;
    if (from == s.first && to == s.last) {
      items_.erase(items_.begin() + static_cast<std::ptrdiff_t>(i));
    } else if (from == s.first) {
      s.first = to;
      ++i;
    } else {
      const frame_slice rest{s.block, to, s.last};
      s.last = from;
      ++i;
      if (rest.first != rest.last) {
        items_.insert(items_.begin() + static_cast<std::ptrdiff_t>(i), {rest, {}, false});
        ++i;
      }
    }
  }
  return freed;
}

void outbox::push_control(std::string bytes) {
  if (is_close_queued_)
    return;
  const bool is_pong = !bytes.empty() && static_cast<unsigned char>(bytes[0]) == 0x8A;
  if (is_pong && pongs_ >= limits_.max_pongs) {
    const std::size_t unbegun = begun_ > 0 ? 1 : 0;
    for (std::size_t i = items_.size(); i > unbegun; --i) {
      if (!items_[i - 1].is_pong)
        continue;
      items_[i - 1].control = std::move(bytes);
      return;
    }
  }
  if (is_pong)
    ++pongs_;
  items_.push_back({{}, std::move(bytes), is_pong});
}

void outbox::push_close(std::string frame) {
  if (is_close_queued_)
    return;
  items_.push_back({{}, std::move(frame), false});
  is_close_queued_ = true;
}

std::size_t outbox::gather(std::span<piece> into) const {
  std::size_t n = 0;
  for (const item& i : items_) {
    if (n == into.size())
      break;
    piece p;
    if (i.data.block != nullptr) {
      p = {i.data.block->bytes.data() + i.data.block->starts[i.data.first], i.data.size()};
    } else {
      p = {i.control.data(), i.control.size()};
    }
    if (n == 0) {
      p.data += begun_;
      p.size -= begun_;
    }
    into[n++] = p;
  }
  return n;
}

std::size_t outbox::written(std::size_t bytes) {
  std::size_t data = 0;
  while (bytes > 0 && !items_.empty()) {
    item& first = items_.front();
    const std::size_t left = size_of(first) - begun_;
    const std::size_t now = std::min(left, bytes);
    bytes -= now;
    if (first.data.block != nullptr)
      data += now;
    if (now == left) {
      if (first.is_pong)
        --pongs_;
      items_.pop_front();
      begun_ = 0;
    } else {
      begun_ += now;
      trim_front();
    }
  }
  data_bytes_ -= data;
  return data;
}

/// Frames that are written in whole leave the first item, so that only its first frame can be
/// begun.
void outbox::trim_front() noexcept {
  auto& s = items_.front().data;
  if (s.block == nullptr)
    return;
  const auto& starts = s.block->starts;
  while (starts[s.first + 1] - starts[s.first] <= begun_) {
    begun_ -= starts[s.first + 1] - starts[s.first];
    ++s.first;
  }
}

outbox::verdict outbox::drop_unbegun() {
  verdict gone;
  std::deque<item> kept;
  for (std::size_t i = 0; i < items_.size(); ++i) {
    item& one = items_[i];
    auto& s = one.data;
    if (s.block == nullptr) {
      kept.push_back(std::move(one));
      continue;
    }
    const std::uint32_t stay = i == 0 && begun_ > 0 ? s.first + 1 : s.first;
    gone.dropped_oldest += s.last - stay;
    gone.bytes_dropped += s.block->starts[s.last] - s.block->starts[stay];
    s.last = stay;
    if (s.first != s.last)
      kept.push_back(std::move(one));
  }
  items_ = std::move(kept);
  data_bytes_ -= gone.bytes_dropped;
  return gone;
}

outbox::verdict outbox::clear() {
  verdict gone;
  for (const item& i : items_) {
    if (i.data.block != nullptr)
      gone.dropped_oldest += i.data.count();
  }
  gone.bytes_dropped = data_bytes_;
  items_.clear();
  pongs_ = 0;
  data_bytes_ = 0;
  begun_ = 0;
  return gone;
}

} // namespace callsign::rules
