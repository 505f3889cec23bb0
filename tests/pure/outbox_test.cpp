// The queue in front of one socket, rule by rule.

#include "net/src/rules/outbox.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

namespace {

using namespace callsign;
using rules::frame_block;
using rules::frame_slice;
using rules::outbox;

/// A block of frames of these sizes, each filled with its own letter.
rules::shared_block block_of(const std::vector<std::size_t>& sizes, char first = 'a') {
  auto block = std::make_shared<frame_block>();
  for (const auto size : sizes)
    block->append(std::string(size, first++));
  return block;
}

frame_slice one(std::size_t size, char letter = 'x') {
  return rules::whole(block_of({size}, letter));
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

TEST(Outbox, GivesBackWhatWasPutInInOrder) {
  outbox box;
  box.push(one(3, 'a'));
  box.push_control("--");
  box.push(one(2, 'b'));
  EXPECT_EQ(shown(box), "aaa--bb");
  EXPECT_EQ(box.data_bytes(), 5u);

  EXPECT_EQ(box.written(2), 2u);
  EXPECT_EQ(shown(box), "a--bb");
  EXPECT_EQ(box.written(2), 1u);
  EXPECT_EQ(shown(box), "-bb");
  EXPECT_EQ(box.written(3), 2u);
  EXPECT_TRUE(box.empty());
  EXPECT_EQ(box.data_bytes(), 0u);
}

TEST(Outbox, AFrameThatDoesNotFitMustCloseByDefault) {
  outbox box = box_of(10, overflow::close);
  EXPECT_EQ(box.push(one(6)).queued, 1u);
  EXPECT_TRUE(box.is_over_high_water());

  const auto now = box.push(one(5));

  EXPECT_TRUE(now.must_close);
  EXPECT_EQ(now.queued, 0u);
  EXPECT_EQ(now.dropped_newest, 1u);
  EXPECT_EQ(box.data_bytes(), 6u);
}

TEST(Outbox, ExactlyTheLimitFits) {
  outbox box = box_of(10, overflow::close);
  EXPECT_EQ(box.push(one(5)).queued, 1u);
  EXPECT_FALSE(box.is_over_high_water());
  EXPECT_EQ(box.push(one(5)).queued, 1u);
  EXPECT_TRUE(box.push(one(1)).must_close);
}

TEST(Outbox, AnOversizedFrameIsTakenOnlyWhenNothingWaits) {
  outbox box = box_of(10, overflow::drop_newest);
  EXPECT_EQ(box.push(one(50)).queued, 1u);
  EXPECT_EQ(box.push(one(1)).dropped_newest, 1u);
  EXPECT_EQ(box.written(50), 50u);
  box.push(one(1));
  EXPECT_EQ(box.push(one(50)).dropped_newest, 1u);
}

// A block of many frames is no single message: the limit holds inside it, also when nothing waits.
TEST(Outbox, ASliceIsTakenInPartUpToTheLimit) {
  outbox box = box_of(10, overflow::drop_newest);
  const auto now = box.push(rules::whole(block_of({4, 4, 4, 4})));
  EXPECT_EQ(now.queued, 2u);
  EXPECT_EQ(now.bytes_queued, 8u);
  EXPECT_EQ(now.dropped_newest, 2u);
  EXPECT_EQ(shown(box), "aaaabbbb");
}

TEST(Outbox, DropOldestMakesRoomFromTheFront) {
  outbox box = box_of(10, overflow::drop_oldest);
  box.push(rules::whole(block_of({4, 4})));

  const auto now = box.push(one(5, 'c'));

  EXPECT_EQ(now.queued, 1u);
  EXPECT_EQ(now.dropped_oldest, 1u);
  EXPECT_EQ(now.bytes_dropped, 4u);
  EXPECT_EQ(shown(box), "bbbbccccc");
}

TEST(Outbox, DropOldestLeavesControlFramesAndTheFrameThatIsBegun) {
  outbox box = box_of(10, overflow::drop_oldest);
  box.push(one(4, 'a'));
  box.push_control("--");
  box.push(one(4, 'b'));
  box.written(1);

  const auto now = box.push(one(5, 'c'));

  EXPECT_EQ(now.dropped_oldest, 1u);
  EXPECT_EQ(shown(box), "aaa--ccccc");
}

// The rest of a block behind the frame that is begun goes first, and then what stands behind the
// block.
TEST(Outbox, DropOldestGoesOnBehindABlockThatIsBegun) {
  outbox box = box_of(12, overflow::drop_oldest);
  box.push(rules::whole(block_of({4, 2})));
  box.push(one(3, 'x'));
  box.push(one(3, 'y'));
  box.written(1);

  const auto now = box.push(one(7, 'z'));

  EXPECT_EQ(now.queued, 1u);
  EXPECT_EQ(now.dropped_oldest, 3u);
  EXPECT_EQ(shown(box), "aaazzzzzzz");
}

TEST(Outbox, PongsAreKeptInOrderUntilThereAreTooMany) {
  outbox box{{.max_pongs = 2}};
  box.push_control("\x8A\x01"
                   "1");
  box.push_control("\x8A\x01"
                   "2");
  box.push_control("\x8A\x01"
                   "3");
  EXPECT_EQ(shown(box), "\x8A\x01"
                        "1\x8A\x01"
                        "3");

  box.written(3);
  box.push_control("\x8A\x01"
                   "4");
  EXPECT_EQ(shown(box), "\x8A\x01"
                        "3\x8A\x01"
                        "4");
}

TEST(Outbox, OneTooManyPongGivesWayToANewerOne) {
  outbox box{{.max_pongs = 1}};
  box.push(one(1, 'a'));
  box.push_control("\x8A\x01"
                   "1");
  box.push_control("\x8A\x01"
                   "2");
  EXPECT_EQ(shown(box), "a\x8A\x01"
                        "2");

  box.written(2); // the pong is begun
  box.push_control("\x8A\x01"
                   "3");
  EXPECT_EQ(shown(box), "\x01"
                        "2\x8A\x01"
                        "3");
}

TEST(Outbox, BehindACloseNothingIsTaken) {
  outbox box;
  box.push(one(2, 'a'));
  box.push_close("CC");
  EXPECT_TRUE(box.is_close_queued());

  EXPECT_EQ(box.push(one(2, 'b')).dropped_closed, 1u);
  box.push_control("--");
  box.push_close("DD");

  EXPECT_EQ(shown(box), "aaCC");
  EXPECT_FALSE(box.is_close_written());
  box.written(4);
  EXPECT_TRUE(box.is_close_written());
}

// Otherwise a session would write nothing, and for ever.
TEST(Outbox, IsEmptyWhenAllThatWasNotWrittenIsDropped) {
  outbox box;
  box.push(rules::whole(block_of({3, 3})));
  box.written(3);

  box.drop_unbegun();

  EXPECT_TRUE(box.empty());
}

TEST(Outbox, DropUnbegunKeepsTheBegunFrameAndControl) {
  outbox box;
  box.push(rules::whole(block_of({3, 3, 3})));
  box.push_control("--");
  box.push(one(2, 'z'));
  box.written(4);

  const auto gone = box.drop_unbegun();

  EXPECT_EQ(gone.dropped_oldest, 2u);
  EXPECT_EQ(gone.bytes_dropped, 5u);
  EXPECT_EQ(shown(box), "bb--");
  EXPECT_EQ(box.data_bytes(), 2u);
}

// A frame that was written in whole is not lost; one that was begun is.
TEST(Outbox, ClearCountsWhatWasLost) {
  outbox box;
  box.push(rules::whole(block_of({3, 3, 3})));
  box.push_control("--");
  box.written(4);

  const auto gone = box.clear();

  EXPECT_EQ(gone.dropped_oldest, 2u);
  EXPECT_EQ(gone.bytes_dropped, 5u);
  EXPECT_TRUE(box.empty());
}

} // namespace
