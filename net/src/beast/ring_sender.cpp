#include "net/src/beast/ring_sender.hpp"

#include <algorithm>
#include <cerrno>

namespace callsign::beast {

namespace {

/// Of one batch; a flush of more lines takes several.
constexpr unsigned most_sends = 256;
constexpr std::size_t most_parts = 2048;
/// Of one send.
constexpr std::size_t most_parts_each = 64;
constexpr int how_to_send = MSG_NOSIGNAL | MSG_DONTWAIT;

} // namespace

ring_sender::ring_sender() : ring_{most_sends}, parts_(most_parts) { sends_.reserve(most_sends); }

bool ring_sender::flush(std::span<flushable* const> all) {
  std::size_t next = 0;
  while (next < all.size()) {
    for (; next < all.size() && sends_.size() < most_sends &&
           most_parts - parts_used_ >= most_parts_each;
         ++next) {
      if (all[next] == nullptr)
        continue;
      const auto what =
          all[next]->begin_flush(std::span{parts_}.subspan(parts_used_, most_parts_each));
      if (what.pieces == 0) {
        all[next]->flush();
      } else {
        add(next, what);
      }
    }
    if (send_batch(all))
      continue;
    for (; next < all.size(); ++next) {
      if (all[next] != nullptr)
        all[next]->flush();
    }
    return false;
  }
  return true;
}

void ring_sender::add(std::size_t index, const outgoing& what) {
  send& one = sends_.emplace_back();
  one.whose = index;
  one.what.msg_iov = &parts_[parts_used_];
  one.what.msg_iovlen = what.pieces;
  parts_used_ += what.pieces;
  io_uring_sqe* const entry = ::io_uring_get_sqe(ring_.get()); // there are as many as sends
  if (what.pieces == 1) {
    ::io_uring_prep_send(entry, what.fd, one.what.msg_iov->iov_base, one.what.msg_iov->iov_len,
                         how_to_send);
  } else {
    ::io_uring_prep_sendmsg(entry, what.fd, &one.what, how_to_send);
  }
  ::io_uring_sqe_set_data64(entry, sends_.size() - 1);
}

/// Sends what was added and tells everybody what came of it.
bool ring_sender::send_batch(std::span<flushable* const> all) {
  const bool is_well = submit();
  for (const send& one : sends_) {
    if (all[one.whose] == nullptr)
      continue;
    if (one.is_done) {
      all[one.whose]->end_flush(one.result);
    } else {
      all[one.whose]->flush();
    }
  }
  sends_.clear();
  parts_used_ = 0;
  return is_well;
}

bool ring_sender::submit() {
  for (std::size_t left = sends_.size(); left > 0;) {
    const int taken = ::io_uring_submit_and_wait(ring_.get(), static_cast<unsigned>(left));
    if (taken == -EINTR)
      continue;
    if (taken <= 0) {
      reap();
      return false;
    }
    left -= std::min(left, static_cast<std::size_t>(taken));
  }
  reap();
  return true;
}

void ring_sender::reap() {
  unsigned head = 0;
  unsigned count = 0;
  const io_uring_cqe* done = nullptr;
  io_uring_for_each_cqe(ring_.get(), head, done) {
    send& whose = sends_[::io_uring_cqe_get_data64(done)];
    whose.result = done->res;
    whose.is_done = true;
    ++count;
  }
  ::io_uring_cq_advance(ring_.get(), count);
}

} // namespace callsign::beast
