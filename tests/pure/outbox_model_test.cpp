// The queue in front of one socket, against a simple model: random pushes, writes and drops.

#include "net/src/rules/outbox.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <deque>
#include <random>
#include <string>
#include <vector>

namespace {

using namespace callsign;
using rules::frame_block;
using rules::outbox;

/// A block of frames of these sizes, each filled with its own letter.
rules::shared_block block_of(const std::vector<std::size_t>& sizes, char first = 'a') {
  auto block = std::make_shared<frame_block>();
  for (const auto size : sizes)
    block->append(std::string(size, first++));
  return block;
}

/// What the outbox would write, without writing it.
std::string shown(const outbox& box) {
  std::array<rules::piece, 256> pieces;
  std::string bytes;
  const auto count = box.gather(pieces);
  for (std::size_t i = 0; i < count; ++i)
    bytes.append(pieces[i].data, pieces[i].size);
  return bytes;
}

outbox box_of(std::size_t max, overflow rule) { return outbox{{max, rule, 1}}; }

/// The same rules, one frame an entry, without any cleverness.
class model {
public:
  model(std::size_t max, overflow rule) : max_{max}, rule_{rule} {}

  outbox::verdict push(const std::vector<std::string>& frames) {
    outbox::verdict now;
    if (is_closed_) {
      now.dropped_closed = frames.size();
      return now;
    }
    bool is_over = false;
    for (const auto& frame : frames) {
      if (!is_over && !fits(frame.size()) && rule_ == overflow::drop_oldest)
        make_room(frame.size(), now);
      // Drop newest and close: what comes behind the first that does not fit is dropped as well.
      is_over = is_over || (rule_ != overflow::drop_oldest && !fits(frame.size()));
      if (is_over || !fits(frame.size())) {
        ++now.dropped_newest;
        continue;
      }
      entries_.push_back({frame, true, 0});
      ++now.queued;
      now.bytes_queued += frame.size();
    }
    now.must_close = is_over && rule_ == overflow::close;
    return now;
  }
  void push_control(const std::string& bytes) {
    if (is_closed_)
      return;
    const auto is_pong = [](const std::string& of) {
      return static_cast<unsigned char>(of.front()) == 0x8A;
    };
    if (is_pong(bytes)) {
      for (auto& e : entries_) {
        if (e.is_data || e.begun > 0 || !is_pong(e.bytes))
          continue;
        e.bytes = bytes;
        return;
      }
    }
    entries_.push_back({bytes, false, 0});
  }
  void push_close(const std::string& bytes) {
    if (!is_closed_)
      entries_.push_back({bytes, false, 0});
    is_closed_ = true;
  }
  std::size_t written(std::size_t bytes) {
    std::size_t data = 0;
    while (bytes > 0) {
      auto& first = entries_.front();
      const auto now = std::min(bytes, first.bytes.size() - first.begun);
      first.begun += now;
      bytes -= now;
      if (first.is_data)
        data += now;
      if (first.begun == first.bytes.size())
        entries_.pop_front();
    }
    return data;
  }
  outbox::verdict drop_unbegun() {
    outbox::verdict gone;
    std::erase_if(entries_, [&](const entry& e) {
      if (!e.is_data || e.begun > 0)
        return false;
      ++gone.dropped_oldest;
      gone.bytes_dropped += e.bytes.size();
      return true;
    });
    return gone;
  }
  [[nodiscard]] std::string shown() const {
    std::string all;
    for (const auto& e : entries_)
      all += e.bytes.substr(e.begun);
    return all;
  }
  [[nodiscard]] std::size_t data_bytes() const {
    std::size_t sum = 0;
    for (const auto& e : entries_)
      if (e.is_data)
        sum += e.bytes.size() - e.begun;
    return sum;
  }

private:
  struct entry {
    std::string bytes;
    bool is_data;
    std::size_t begun;
  };
  [[nodiscard]] bool fits(std::size_t bytes) const {
    return data_bytes() == 0 || data_bytes() + bytes <= max_;
  }
  void make_room(std::size_t bytes, outbox::verdict& now) {
    for (auto it = entries_.begin(); it != entries_.end() && !fits(bytes);) {
      if (!it->is_data || it->begun > 0) {
        ++it;
        continue;
      }
      ++now.dropped_oldest;
      now.bytes_dropped += it->bytes.size();
      it = entries_.erase(it);
    }
  }

  std::size_t max_;
  overflow rule_;
  std::deque<entry> entries_;
  bool is_closed_ = false;
};

class OutboxProperty : public testing::TestWithParam<overflow> {};
INSTANTIATE_TEST_SUITE_P(Rules, OutboxProperty,
                         testing::Values(overflow::close, overflow::drop_oldest,
                                         overflow::drop_newest));

TEST_P(OutboxProperty, BehavesAsTheModelDoes) {
  for (std::uint32_t seed = 0; seed < 400; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 dice{seed};
    const auto any = [&](std::size_t below) { return static_cast<std::size_t>(dice() % below); };
    const std::size_t max = 20 + any(60);
    outbox box = box_of(max, GetParam());
    model expected{max, GetParam()};
    char letter = 'a';
    std::size_t data_in = 0;
    std::size_t data_out = 0;
    for (int step = 0; step < 120; ++step) {
      switch (any(10)) {
      case 0:
      case 1:
      case 2:
      case 3: {
        // Some consecutive frames of a block of several.
        std::vector<std::size_t> sizes;
        for (std::size_t i = 0, n = 1 + any(5); i < n; ++i)
          sizes.push_back(1 + any(any(8) == 0 ? 2 * max : 12));
        const auto block = block_of(sizes, letter);
        letter = letter > 'u' ? 'a' : static_cast<char>(letter + 1);
        const auto first = static_cast<std::uint32_t>(any(sizes.size()));
        const auto last = first + 1 + static_cast<std::uint32_t>(any(sizes.size() - first));
        std::vector<std::string> frames;
        for (auto i = first; i < last; ++i)
          frames.push_back(block->bytes.substr(block->start(i), block->size(i, i + 1)));
        const auto a = box.push(callsign::rules::frame_slice{block, first, last});
        const auto b = expected.push(frames);
        ASSERT_EQ(a.queued, b.queued);
        ASSERT_EQ(a.dropped_newest, b.dropped_newest);
        ASSERT_EQ(a.dropped_oldest, b.dropped_oldest);
        ASSERT_EQ(a.dropped_closed, b.dropped_closed);
        ASSERT_EQ(a.bytes_queued, b.bytes_queued);
        ASSERT_EQ(a.bytes_dropped, b.bytes_dropped);
        ASSERT_EQ(a.must_close, b.must_close);
        ASSERT_EQ(a.queued + a.dropped_newest + a.dropped_closed, frames.size());
        data_in += a.bytes_queued;
        data_out += a.bytes_dropped;
        break;
      }
      case 4: {
        const std::string control =
            any(2) == 0 ? "\x8A" + std::string(any(4), '0') : "\x89" + std::string(any(4), '1');
        box.push_control(control);
        expected.push_control(control);
        break;
      }
      case 5:
        if (any(10) == 0) {
          box.push_close("CLOSE");
          expected.push_close("CLOSE");
        }
        break;
      case 6:
        if (any(10) == 0) {
          const auto a = box.drop_unbegun();
          const auto b = expected.drop_unbegun();
          ASSERT_EQ(a.dropped_oldest, b.dropped_oldest);
          ASSERT_EQ(a.bytes_dropped, b.bytes_dropped);
          data_out += a.bytes_dropped;
        }
        break;
      default: {
        const auto there = shown(box).size();
        const auto now = there == 0 ? 0 : any(there + 1);
        const auto data = box.written(now);
        ASSERT_EQ(data, expected.written(now));
        data_out += data;
      }
      }
      ASSERT_EQ(shown(box), expected.shown());
      ASSERT_EQ(box.data_bytes(), expected.data_bytes());
      ASSERT_EQ(box.data_bytes(), data_in - data_out);
      ASSERT_EQ(box.empty(), expected.shown().empty());
    }
  }
}

} // namespace
