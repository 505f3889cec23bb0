// What the ring brings to one line, and what it does not.

#include "net/src/beast/descriptor.hpp"
#include "net/src/beast/ring_inlet.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <system_error>

#include <poll.h>
#include <sys/socket.h>

namespace {

using namespace callsign;
using beast::descriptor;
using beast::inlet;
using beast::ring_inlet;

/// Counts what it is told.
class ear final : public beast::pollable {
public:
  void arrived(std::span<char> bytes) noexcept override {
    heard.append(bytes.data(), bytes.size());
  }
  void hung_up() noexcept override { ++ends; }
  void writable() noexcept override { ++times_writable; }

  std::string heard;
  int ends = 0;
  int times_writable = 0;
};

class RingInlet : public testing::Test {
protected:
  void SetUp() override {
    try {
      ring = std::make_unique<ring_inlet>();
    } catch (const std::system_error& e) {
      GTEST_SKIP() << e.what(); // the kernel does not let us
    }
    ASSERT_TRUE(ring->begin());
    std::array<int, 2> ends{-1, -1};
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
    ours = descriptor{ends[0]};
    theirs = descriptor{ends[1]};
  }
  void TearDown() override {
    if (ring != nullptr)
      ring->remove(who);
  }
  /// Our socket takes no more.
  void fill() const {
    const std::string much(64 * 1024, 'x');
    while (::send(ours.get(), much.data(), much.size(), MSG_DONTWAIT | MSG_NOSIGNAL) > 0) {
    }
  }
  void empty() const {
    std::array<char, 64 * 1024> much{};
    while (::recv(theirs.get(), much.data(), much.size(), MSG_DONTWAIT) > 0) {
    }
  }
  /// So many of the next rounds have something to tell.
  [[nodiscard]] int busy_rounds(int of) {
    int busy = 0;
    for (int i = 0; i < of; ++i)
      busy += ring->poll(64 * 1024) != 0 ? 1 : 0;
    return busy;
  }
  /// Waits as the thread does; false: nothing came.
  [[nodiscard]] bool waits() {
    if (!ring->may_wait())
      return true;
    pollfd signal{ring->descriptor(), POLLIN, 0};
    return ::poll(&signal, 1, 5000) > 0;
  }

  std::unique_ptr<ring_inlet> ring;
  descriptor ours;
  descriptor theirs;
  ear who;
};

TEST_F(RingInlet, TellsWhatComes) {
  ring->add(ours.get(), who, inlet::wish::read);
  ASSERT_EQ(::send(theirs.get(), "hello", 5, 0), 5);

  while (who.heard.empty() && waits())
    ring->poll(64 * 1024);

  EXPECT_EQ(who.heard, "hello");
  EXPECT_LE(busy_rounds(50), 1);
}

/// It has said its last, reads nothing, and may stay so for as long as it likes.
TEST_F(RingInlet, WhoIsBlockedAndHalfClosedKeepsNobodyBusy) {
  fill();
  ring->add(ours.get(), who, inlet::wish::write);
  ASSERT_EQ(::shutdown(theirs.get(), SHUT_WR), 0);

  EXPECT_LE(busy_rounds(200), 3);
  EXPECT_EQ(who.times_writable, 0);

  empty();
  while (who.times_writable == 0 && waits())
    ring->poll(64 * 1024);
  EXPECT_GE(who.times_writable, 1);
  EXPECT_EQ(who.ends, 0);
}

TEST_F(RingInlet, WhoIsNotReadFromAndHalfClosedKeepsNobodyBusyAndIsHeardToEnd) {
  ring->add(ours.get(), who, inlet::wish::nothing);
  ASSERT_EQ(::shutdown(theirs.get(), SHUT_WR), 0);

  EXPECT_LE(busy_rounds(200), 3);
  EXPECT_EQ(who.ends, 0);

  theirs.close();
  while (who.ends == 0 && waits())
    ring->poll(64 * 1024);
  EXPECT_EQ(who.ends, 1);
}

} // namespace
