#include "net/src/rules/outbox.hpp"

#include <algorithm>
#include <utility>

namespace callsign::rules {

namespace {

/// So much room an outbox keeps that has nothing to write.
constexpr std::size_t kept_room = 4;
/// Items that are written are cleared away together.
constexpr std::size_t most_written = 64;

} // namespace

outbox::verdict outbox::push(const frame_view& what) {
  verdict now;
  if (is_close_queued_) {
    now.dropped_closed = what.count();
    return now;
  }
  const frame_block& block = *what.block;
  // The whole slice fits: the usual case, one step.
  std::uint32_t taken = what.last;
  if (data_bytes_ + what.size() > limits_.max_bytes) {
    taken = what.first;
    while (taken < what.last) {
      const std::size_t with = data_bytes_ + block.size(what.first, taken);
      if (with != 0 && with + block.size(taken, taken + 1) > limits_.max_bytes)
        break;
      ++taken;
    }
  }
  const auto take = [&](std::uint32_t first, std::uint32_t last) {
    if (first == last)
      return;
    const std::size_t bytes = block.size(first, last);
    data_bytes_ += bytes;
    now.bytes_queued += bytes;
    now.queued += last - first;
    if (!empty() && items_.back().what.block == what.block && items_.back().what.last == first) {
      items_.back().what.last = last;
    } else {
      items_.push_back({{what.block, first, last}, sort::data});
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
      const std::size_t bytes = block.size(taken, taken + 1);
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
void outbox::drop_oldest(std::size_t needed, verdict& so_far) {
  for (std::size_t i = first_; i < items_.size() && !fits(needed);) {
    if (items_[i].is != sort::data) {
      ++i;
      continue;
    }
    auto& s = items_[i].what;
    std::uint32_t from = s.first;
    if (i == first_ && begun_ > 0)
      ++from; // a frame that is begun stays
    std::uint32_t to = from;
    std::size_t bytes = 0;
    while (to < s.last && data_bytes_ - bytes + needed > limits_.max_bytes) {
      bytes += s.block->size(to, to + std::size_t{1});
      ++to;
    }
    if (to == from) {
      ++i;
      continue;
    }
    so_far.dropped_oldest += to - from;
    so_far.bytes_dropped += bytes;
    data_bytes_ -= bytes;
    if (from == s.first && to == s.last) {
      remove(i);
    } else if (from == s.first) {
      s.first = to;
      ++i;
    } else {
      const frame_slice rest{s.block, to, s.last};
      s.last = from;
      ++i;
      if (rest.first != rest.last) {
        items_.insert(items_.begin() + static_cast<std::ptrdiff_t>(i), {rest, sort::data});
        ++i;
      }
    }
  }
}

void outbox::push_control(std::string bytes) {
  if (is_close_queued_ || bytes.empty())
    return;
  const bool is_pong = static_cast<unsigned char>(bytes[0]) == 0x8A;
  frame_slice what = whole(make_block(std::move(bytes)));
  if (is_pong && pongs_ >= limits_.max_pongs) {
    const std::size_t unbegun = first_ + (begun_ > 0 ? 1 : 0);
    for (std::size_t i = items_.size(); i > unbegun; --i) {
      if (items_[i - 1].is != sort::pong)
        continue;
      items_[i - 1].what = std::move(what);
      return;
    }
  }
  if (is_pong)
    ++pongs_;
  items_.push_back({std::move(what), is_pong ? sort::pong : sort::control});
}

void outbox::push_close(std::string frame) {
  if (is_close_queued_)
    return;
  items_.push_back({whole(make_block(std::move(frame))), sort::control});
  is_close_queued_ = true;
}

std::size_t outbox::gather(std::span<piece> into) const {
  std::size_t n = 0;
  for (std::size_t i = first_; i < items_.size() && n < into.size(); ++i) {
    auto bytes = items_[i].what.bytes();
    if (n == 0)
      bytes.remove_prefix(begun_);
    into[n++] = {bytes.data(), bytes.size()};
  }
  return n;
}

std::size_t outbox::written(std::size_t bytes) {
  std::size_t data = 0;
  while (bytes > 0 && !empty()) {
    const item& first = items_[first_];
    const std::size_t left = first.what.size() - begun_;
    const std::size_t now = std::min(left, bytes);
    bytes -= now;
    if (first.is == sort::data)
      data += now;
    if (now == left) {
      pop_front();
    } else {
      begun_ += now;
      trim_front();
    }
  }
  data_bytes_ -= data;
  return data;
}

/// Near the front, where the oldest are, without moving those behind. `i` is then the next one.
void outbox::remove(std::size_t& i) {
  if (i > first_ + most_written) {
    items_.erase(items_.begin() + static_cast<std::ptrdiff_t>(i));
    return;
  }
  for (std::size_t at = i; at > first_; --at)
    items_[at] = std::move(items_[at - 1]);
  items_[first_++].what.block.reset();
  ++i;
  if (first_ < most_written || first_ < items_.size() / 2)
    return;
  items_.erase(items_.begin(), items_.begin() + static_cast<std::ptrdiff_t>(first_));
  i -= std::exchange(first_, 0);
}

void outbox::pop_front() noexcept {
  if (items_[first_].is == sort::pong)
    --pongs_;
  items_[first_].what.block.reset();
  begun_ = 0;
  ++first_;
  if (first_ == items_.size()) {
    items_.clear();
    first_ = 0;
    if (items_.capacity() > kept_room)
      std::vector<item>{}.swap(items_);
  } else if (first_ >= most_written && first_ >= items_.size() / 2) {
    items_.erase(items_.begin(), items_.begin() + static_cast<std::ptrdiff_t>(first_));
    first_ = 0;
  }
}

/// Frames that are written in whole leave the first item, so that only its first frame can be
/// begun.
void outbox::trim_front() noexcept {
  auto& s = items_[first_].what;
  for (;;) {
    const std::size_t size = s.block->size(s.first, s.first + std::size_t{1});
    if (size > begun_)
      return;
    begun_ -= size;
    ++s.first;
  }
}

outbox::verdict outbox::drop_unbegun() {
  verdict gone;
  std::vector<item> kept;
  for (std::size_t i = first_; i < items_.size(); ++i) {
    item& one = items_[i];
    if (one.is == sort::data) {
      auto& s = one.what;
      const std::uint32_t stay = i == first_ && begun_ > 0 ? s.first + 1 : s.first;
      gone.dropped_oldest += s.last - stay;
      gone.bytes_dropped += s.block->size(stay, s.last);
      s.last = stay;
      if (s.first == s.last)
        continue;
    }
    kept.push_back(std::move(one));
  }
  items_ = std::move(kept);
  first_ = 0;
  data_bytes_ -= gone.bytes_dropped;
  return gone;
}

outbox::verdict outbox::clear() {
  verdict gone;
  for (std::size_t i = first_; i < items_.size(); ++i) {
    if (items_[i].is == sort::data)
      gone.dropped_oldest += items_[i].what.count();
  }
  gone.bytes_dropped = data_bytes_;
  std::vector<item>{}.swap(items_);
  first_ = 0;
  pongs_ = 0;
  data_bytes_ = 0;
  begun_ = 0;
  return gone;
}

} // namespace callsign::rules
