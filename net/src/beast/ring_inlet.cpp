#include "net/src/beast/ring_inlet.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <new>
#include <system_error>
#include <utility>

namespace callsign::beast {

namespace {

/// Requests that are handed in together.
constexpr unsigned most_entries = 256;
constexpr unsigned most_completions = 2048;
/// A power of two.
constexpr unsigned buffer_count = 128;
/// A message of 16 KiB takes one; of what a smaller one leaves, the pages are not touched.
constexpr std::size_t buffer_size = 20 * 1024;
/// One round of the thread takes no more; some kernels find twenty at a time.
constexpr unsigned enough = buffer_count;
constexpr unsigned short buffer_group = 0;
constexpr std::size_t shelf_size = 4096; // whole pages
constexpr std::size_t memory_size = shelf_size + buffer_count * buffer_size;
static_assert(buffer_count * sizeof(io_uring_buf) <= shelf_size);
constexpr short broken = POLLERR | POLLHUP | POLLNVAL;
/// No readiness is awaited.
constexpr short nothing_awaited = -1;

[[nodiscard]] std::size_t index_of(std::uint64_t tagged) noexcept {
  return (tagged & 0xFFFF'FFFFU) >> 2U;
}

} // namespace

ring_inlet::ring_inlet()
    : memory_{memory_size}, shelf_{reinterpret_cast<io_uring_buf_ring*>(memory_.begin())},
      buffers_{memory_.begin() + shelf_size}, ring_{most_entries, most_completions,
                                                    IORING_SETUP_TASKRUN_FLAG},
      signal_{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)} {
  if (!signal_)
    throw std::system_error{errno, std::generic_category(), "eventfd"};
}

ring_inlet::~ring_inlet() = default;

bool ring_inlet::begin() noexcept {
  if (!ring_.enable())
    return false;
  io_uring_buf_reg where{};
  where.ring_addr = reinterpret_cast<std::uintptr_t>(shelf_);
  where.ring_entries = buffer_count;
  where.bgid = buffer_group;
  if (::io_uring_register_buf_ring(ring_.get(), &where, 0) != 0 ||
      ::io_uring_register_eventfd(ring_.get(), signal_.get()) != 0)
    return false;
  ::io_uring_cq_eventfd_toggle(ring_.get(), false);
  ::io_uring_buf_ring_init(shelf_);
  for (unsigned i = 0; i < buffer_count; ++i)
    give_back(i);
  return true;
}

// -- who is watched -------------------------------------------------------------------------------

void ring_inlet::add(int fd, pollable& who, wish what) {
  // A receive on a socket that does not block would fail instead of waiting.
  int is_nonblocking = 0;
  ::ioctl(fd, FIONBIO, &is_nonblocking);
  if (free_.empty()) {
    seats_.emplace_back();
    // Later, when nothing may fail, each of them has room for everybody.
    if (free_.capacity() < seats_.size())
      free_.reserve(2 * seats_.size());
    later_.fit(seats_.size());
    due_.fit(seats_.size());
    free_.push_back(static_cast<std::uint32_t>(seats_.size() - 1));
  }
  const std::uint32_t index = free_.back();
  free_.pop_back();
  seats_[index].who = &who;
  watched(who) = fd;
  place(who) = index;
  set_wish(who, what);
  settle(index);
}

void ring_inlet::change(pollable& who, wish what) noexcept {
  if (watched(who) < 0)
    return;
  set_wish(who, what);
  settle(place(who));
}

void ring_inlet::remove(pollable& who) noexcept {
  if (watched(who) < 0)
    return;
  const std::uint32_t index = place(who);
  seat& gone = seats_[index];
  bool is_asked = true;
  if (gone.is_receiving && !gone.is_receive_off)
    is_asked = call_off(index, receive);
  if (gone.is_awaiting && !gone.is_await_off)
    is_asked = call_off(index, readiness) && is_asked;
  // At once: the request holds the socket open, and the number may soon be another's.
  if (gone.is_receiving || gone.is_awaiting)
    enter();
  if (!is_asked || ::io_uring_sq_ready(ring_.get()) != 0)
    is_broken_ = true; // rather than that a request is made for somebody else
  later_.remove(index);
  due_.remove(index);
  const std::uint32_t next = gone.generation + 1;
  gone = seat{};
  gone.generation = next;
  watched(who) = -1;
  free_.push_back(index);
}

bool ring_inlet::keeps(const pollable& who) const noexcept {
  return seats_[place(who)].kept != nullptr;
}

void ring_inlet::leave(const std::function<void(int, pollable&, std::string)>& each) {
  for (seat& one : seats_) {
    if (one.who == nullptr)
      continue;
    pollable& who = *std::exchange(one.who, nullptr);
    ++one.generation;
    each(std::exchange(watched(who), -1), who, one.kept ? std::move(*one.kept) : std::string{});
  }
}

// -- requests -------------------------------------------------------------------------------------

std::uint64_t ring_inlet::tag(std::size_t index, kind what) const noexcept {
  return std::uint64_t{seats_[index].generation} << 32U | index << 2U | what;
}

/// Null if the kernel takes no more for now.
io_uring_sqe* ring_inlet::entry() noexcept {
  io_uring_sqe* free = ::io_uring_get_sqe(ring_.get());
  if (free == nullptr) {
    enter();
    free = ::io_uring_get_sqe(ring_.get());
  }
  return free;
}

/// Makes requests of what is wished.
void ring_inlet::settle(std::size_t index) noexcept {
  seat& one = seats_[index];
  const wish what = wish_of(*one.who);
  bool is_done = true;
  if (reads(what)) {
    if (one.kept != nullptr || one.is_over) {
      due_.push_back(index);
    } else if (!one.is_receiving && !later_.contains(index)) {
      is_done = begin_receive(index);
    }
  } else if (one.is_receiving && !one.is_receive_off) {
    is_done = call_off(index, receive);
  }
  short awaited = nothing_awaited;
  if (writes(what)) {
    awaited = POLLOUT;
  } else if (!reads(what)) {
    awaited = 0; // which is a broken line
  }
  if (one.is_awaiting) {
    if (awaited != one.awaited && !one.is_await_off)
      is_done = call_off(index, readiness) && is_done;
  } else if (awaited != nothing_awaited) {
    is_done = begin_await(index, awaited) && is_done;
  }
  if (!is_done)
    later_.push_back(index);
}

bool ring_inlet::begin_receive(std::size_t index) noexcept {
  io_uring_sqe* const what = entry();
  if (what == nullptr)
    return false;
  ::io_uring_prep_recv_multishot(what, watched(*seats_[index].who), nullptr, 0, 0);
  what->flags |= IOSQE_BUFFER_SELECT;
  what->buf_group = buffer_group;
  ::io_uring_sqe_set_data64(what, tag(index, receive));
  seats_[index].is_receiving = true;
  return true;
}

bool ring_inlet::begin_await(std::size_t index, short events) noexcept {
  io_uring_sqe* const what = entry();
  if (what == nullptr)
    return false;
  // One that answers at each change: asked anew, it would answer at once for as long as the client
  // has said its last, which cannot be left out of what is awaited.
  ::io_uring_prep_poll_multishot(what, watched(*seats_[index].who), static_cast<unsigned>(events));
  ::io_uring_sqe_set_data64(what, tag(index, readiness));
  seats_[index].is_awaiting = true;
  seats_[index].awaited = events;
  return true;
}

bool ring_inlet::call_off(std::size_t index, kind which) noexcept {
  io_uring_sqe* const what = entry();
  if (what == nullptr)
    return false;
  ::io_uring_prep_cancel64(what, tag(index, which), 0);
  what->flags |= IOSQE_CQE_SKIP_SUCCESS;
  ::io_uring_sqe_set_data64(what, cancellation);
  (which == receive ? seats_[index].is_receive_off : seats_[index].is_await_off) = true;
  return true;
}

bool ring_inlet::must_enter() noexcept {
  constexpr unsigned has_work = IORING_SQ_TASKRUN | IORING_SQ_CQ_OVERFLOW;
  return ::io_uring_sq_ready(ring_.get()) != 0 ||
         (IO_URING_READ_ONCE(*ring_.get()->sq.kflags) & has_work) != 0;
}

void ring_inlet::enter() noexcept {
  if (is_broken_)
    return;
  const int result = ::io_uring_submit_and_get_events(ring_.get());
  // The rest says: not now.
  if (result < 0 && result != -EINTR && result != -EAGAIN && result != -EBUSY)
    is_broken_ = true;
}

bool ring_inlet::may_wait() noexcept {
  if (!std::exchange(is_signalling_, true))
    ::io_uring_cq_eventfd_toggle(ring_.get(), true);
  // The kernel notes the work first and looks whether to signal then; we the other way round.
  std::atomic_thread_fence(std::memory_order_seq_cst);
  if (must_enter())
    enter();
  return ::io_uring_cq_ready(ring_.get()) == 0 && ::io_uring_sq_ready(ring_.get()) == 0 &&
         due_.empty() && later_.empty() && !is_broken_;
}

/// Nobody waits any more.
void ring_inlet::end_signals() noexcept {
  if (!std::exchange(is_signalling_, false))
    return;
  ::io_uring_cq_eventfd_toggle(ring_.get(), false);
  std::uint64_t count = 0;
  static_cast<void>(::read(signal_.get(), &count, sizeof count));
}

void ring_inlet::forget_burst() noexcept {
  // All buffers are on the shelf; nobody writes to them unless this thread asks.
  if (::io_uring_cq_ready(ring_.get()) == 0)
    ::madvise(buffers_, memory_size - shelf_size, MADV_DONTNEED);
}

// -- what came ------------------------------------------------------------------------------------

std::size_t ring_inlet::poll(std::size_t bytes) noexcept {
  end_signals();
  std::size_t told = tell_due();
  if (::io_uring_cq_ready(ring_.get()) == 0) {
    look_again();
    find(bytes);
  }
  std::size_t read = 0;
  for (io_uring_cqe* next = nullptr; read < bytes && ::io_uring_peek_cqe(ring_.get(), &next) == 0;
       ++told) {
    const io_uring_cqe done = *next;
    ::io_uring_cqe_seen(ring_.get(), next);
    read += handle(done.user_data, done.res, done.flags);
  }
  return told + later_.size();
}

/// Has the kernel do what there is to do, about so many bytes of it.
void ring_inlet::find(std::size_t bytes) noexcept {
  std::size_t found = 0;
  unsigned seen = 0;
  while (found < bytes && must_enter() && !is_broken_) {
    enter();
    unsigned head = 0;
    unsigned ready = 0;
    const io_uring_cqe* done = nullptr;
    io_uring_for_each_cqe(ring_.get(), head, done) {
      if (++ready > seen && done->res > 0)
        found += static_cast<std::size_t>(done->res);
    }
    // The mark may be left standing when there is nothing to do any more.
    if (ready == seen || ready >= enough)
      return;
    seen = ready;
  }
}

/// All buffers are on the shelf again: so many receives will find one.
void ring_inlet::look_again() noexcept {
  for (std::size_t left = std::min<std::size_t>(later_.size(), buffer_count); left > 0; --left)
    settle(later_.pop_front());
}

/// Tells what was kept for those who may hear it now. Answers how many there were.
std::size_t ring_inlet::tell_due() noexcept {
  std::size_t told = 0;
  // Whoever becomes due meanwhile has his turn in the next round, unless others go.
  for (std::size_t left = due_.size(); left > 0 && !due_.empty(); --left) {
    const std::size_t index = due_.pop_front();
    seat& one = seats_[index];
    if (!reads(wish_of(*one.who)))
      continue;
    ++told;
    const std::uint32_t generation = one.generation;
    const auto kept = std::exchange(one.kept, nullptr);
    if (kept == nullptr) {
      one.who->hung_up();
      continue;
    }
    one.who->kept(-static_cast<std::ptrdiff_t>(kept->size()));
    one.who->arrived({kept->data(), kept->size()});
    if (one.generation == generation)
      settle(index);
  }
  return told;
}

/// Answers how many bytes it brought.
std::size_t ring_inlet::handle(std::uint64_t tagged, int result, unsigned flags) noexcept {
  const auto what = static_cast<kind>(tagged & 3U);
  const std::size_t index = index_of(tagged);
  if (what != cancellation && seats_[index].generation == tagged >> 32U) {
    if (what == receive)
      received(index, result, flags);
    else
      became_ready(index, result, flags);
  }
  if ((flags & IORING_CQE_F_BUFFER) != 0)
    give_back(flags >> IORING_CQE_BUFFER_SHIFT);
  return what == receive && result > 0 ? static_cast<std::size_t>(result) : 0;
}

void ring_inlet::received(std::size_t index, int result, unsigned flags) noexcept {
  seat& one = seats_[index];
  const std::uint32_t generation = one.generation;
  const bool is_last = (flags & IORING_CQE_F_MORE) == 0;
  if (is_last)
    one.is_receiving = one.is_receive_off = false;
  const bool may_tell = reads(wish_of(*one.who)) && one.kept == nullptr;
  if (result > 0) {
    char* const bytes = &buffers_[(flags >> IORING_CQE_BUFFER_SHIFT) * buffer_size];
    if (may_tell)
      one.who->arrived({bytes, static_cast<std::size_t>(result)});
    else
      keep(one, bytes, static_cast<std::size_t>(result));
  } else if (result == -ENOBUFS) {
    later_.push_back(index);
  } else if (result != -ECANCELED && result != -EAGAIN && result != -EINTR) {
    one.is_over = true;
    if (may_tell)
      return one.who->hung_up();
  }
  if (is_last && one.generation == generation)
    settle(index);
}

void ring_inlet::became_ready(std::size_t index, int result, unsigned flags) noexcept {
  seat& one = seats_[index];
  const std::uint32_t generation = one.generation;
  const bool is_last = (flags & IORING_CQE_F_MORE) == 0;
  if (is_last)
    one.is_awaiting = one.is_await_off = false;
  if (result != -ECANCELED) {
    const bool is_broken = result < 0 || (result & broken) != 0;
    if (result > 0 && (result & POLLOUT) != 0 && writes(wish_of(*one.who)))
      one.who->writable();
    if (one.generation != generation)
      return;
    // Whoever reads hears of it when what came before has been read.
    if (is_broken && !reads(wish_of(*one.who)))
      return one.who->hung_up();
  }
  if (is_last)
    settle(index);
}

void ring_inlet::keep(seat& whose, const char* bytes, std::size_t size) noexcept {
  try {
    if (whose.kept == nullptr)
      whose.kept = std::make_unique<std::string>();
    whose.kept->append(bytes, size);
    whose.who->kept(static_cast<std::ptrdiff_t>(size));
  } catch (const std::bad_alloc&) {
    whose.who->hung_up();
  }
}

void ring_inlet::give_back(unsigned buffer) noexcept {
  ::io_uring_buf_ring_add(shelf_, &buffers_[buffer * buffer_size],
                          static_cast<unsigned>(buffer_size), static_cast<unsigned short>(buffer),
                          ::io_uring_buf_ring_mask(buffer_count), 0);
  ::io_uring_buf_ring_advance(shelf_, 1);
}

} // namespace callsign::beast
