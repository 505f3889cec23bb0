#include "net/src/beast/socket_thread.hpp"

#include "net/src/beast/epoll_inlet.hpp"

#include <boost/asio/executor_work_guard.hpp>

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <exception>
#include <iterator>
#include <limits>
#include <string>
#include <system_error>
#include <thread>

namespace callsign::beast {

namespace {

/// Handlers of one round, before the turn.
constexpr std::size_t most_steps = 512;
/// Read in one round, before the turn: what came together is handled while it is still in the
/// caches, and its memory is used again for what comes next.
constexpr std::size_t most_bytes = 64 * 1024;
/// While lines are ready, Asio is looked at after so many reads and writes.
constexpr std::size_t look_at_asio_after = 64;
/// So many dirty lines are worth a submission of their own; fewer write one by one.
constexpr std::size_t worth_a_ring = 4;

/// Asio closes what it watches.
[[nodiscard]] int copy_of(int fd) {
  const int copy = ::fcntl(fd, F_DUPFD_CLOEXEC, 0);
  if (copy < 0)
    throw std::system_error{errno, std::generic_category(), "fcntl"};
  return copy;
}

} // namespace

socket_thread::socket_thread(std::size_t index, std::shared_ptr<door::ledger> books,
                             std::unique_ptr<rings> with)
    : index_{index}, books_{std::move(books)}, rings_{std::move(with)}, context_{1},
      work_{asio::make_work_guard(context_)}, epoll_{rings_ != nullptr
                                                         ? nullptr
                                                         : std::make_unique<epoll_inlet>()},
      sockets_{rings_ != nullptr ? &rings_->in : epoll_.get()},
      sockets_watch_{context_, copy_of(sockets_->descriptor())},
      wheel_{std::chrono::steady_clock::now()}, timer_{context_} {}

socket_thread::~socket_thread() = default;

void socket_thread::post_turn() {
  // The thread itself looks at the mark before it sleeps; anybody else has to wake it.
  if (std::this_thread::get_id() == id_.load(std::memory_order_relaxed)) {
    is_turn_posted_.store(true, std::memory_order_relaxed);
  } else if (!is_turn_posted_.exchange(true, std::memory_order_acq_rel)) {
    asio::post(context_, [] {});
  }
}

rules::time_point socket_thread::about_now() const noexcept {
  timespec at{};
  // The clock behind `steady_clock`, as the last tick of the kernel left it.
  ::clock_gettime(CLOCK_MONOTONIC_COARSE, &at);
  return rules::time_point{std::chrono::seconds{at.tv_sec} + std::chrono::nanoseconds{at.tv_nsec}};
}

void socket_thread::turn() noexcept {
  // From here on whoever brings something posts the next turn. An exchange, so that what was
  // brought before by those who found the turn posted is seen.
  is_turn_posted_.exchange(false, std::memory_order_acq_rel);
  try {
    const bool is_more = target_ != nullptr && target_->on_turn();
    flush_dirty();
    if (is_more)
      post_turn();
  } catch (...) {
    failed(nullptr);
  }
  tend();
}

void socket_thread::flush_dirty() {
  // What is marked while we write (a pong, a Close) is written in the next turn.
  auto& flushing = dirty_[growing_];
  growing_ = 1 - growing_;
  if (rings_ != nullptr && flushing.size() >= worth_a_ring) {
    if (!rings_->out.flush(flushing))
      give_up_rings();
  } else {
    for (std::size_t i = 0; i < flushing.size(); ++i) {
      if (flushing[i] != nullptr)
        flushing[i]->flush();
    }
  }
  since_asio_ += flushing.size();
  flushing.clear();
}

/// The kernel has changed its mind. @context the thread
void socket_thread::give_up_rings() noexcept {
  try {
    books_->log(log_level::warning, "I/O thread " + std::to_string(index_) +
                                        ": io_uring fails; this thread goes on with epoll");
    move_to_epoll();
  } catch (...) {
    failed(nullptr);
    cut_all();
  }
}

void socket_thread::move_to_epoll() {
  auto set = std::make_unique<epoll_inlet>();
  io_error ignored;
  sockets_watch_.close(ignored);
  sockets_watch_.assign(copy_of(set->descriptor()));
  are_sockets_watched_ = false;
  // What the ring has read already comes first.
  rings_->in.poll(std::numeric_limits<std::size_t>::max());
  std::vector<std::pair<pollable*, std::string>> heard;
  std::vector<pollable*> lost;
  heard.reserve(lines_.size());
  lost.reserve(lines_.size());
  rings_->in.leave([&](int fd, pollable& who, std::string kept) {
    try {
      set->add(fd, who, inlet::wish_of(who));
      if (!kept.empty())
        heard.emplace_back(&who, std::move(kept));
    } catch (const std::system_error&) {
      lost.push_back(&who);
    }
  });
  epoll_ = std::move(set);
  sockets_ = epoll_.get();
  rings_.reset();
  are_sockets_ready_ = true;
  for (auto& [who, bytes] : heard) {
    who->kept(-static_cast<std::ptrdiff_t>(bytes.size()));
    who->arrived(bytes);
  }
  for (auto* who : lost)
    who->hung_up();
}

void socket_thread::post(std::function<void()> what) {
  asio::post(context_, [this, what = std::move(what)] {
    try {
      what();
    } catch (...) {
      failed(nullptr);
    }
    tend();
  });
}

void socket_thread::after(rules::duration delay, std::function<void()> what) {
  auto place = std::make_shared<std::list<rules::wheel_timer>::iterator>();
  later_.emplace_back([this, place, what = std::move(what)] {
    post([this, place] { later_.erase(*place); });
    what();
  });
  *place = std::prev(later_.end());
  wheel_.arm(later_.back(), now() + delay);
  tend();
}

void socket_thread::adopt(std::shared_ptr<line> who) {
  line* const key = who.get();
  lines_.emplace(key, std::move(who));
  count_.store(lines_.size(), std::memory_order_release);
}

void socket_thread::release(line& who) noexcept {
  auto gone = lines_.extract(&who);
  if (gone.empty())
    return;
  count_.store(lines_.size(), std::memory_order_release);
  try {
    // Destroyed from a fresh step: its own functions may still be running.
    asio::post(context_, [kept = std::move(gone.mapped())] {});
  } catch (...) {
    // No memory for the step: the caller holds a reference of its own.
  }
  end_if_empty();
}

void socket_thread::for_each_line(const std::function<void(line&)>& what) {
  std::vector<std::shared_ptr<line>> all;
  all.reserve(lines_.size());
  for (const auto& [key, who] : lines_)
    all.push_back(who);
  for (const auto& who : all)
    what(*who);
}

void socket_thread::mark_dirty(flushable& who) {
  auto& growing = dirty_[growing_];
  who.places_[growing_] = static_cast<std::uint32_t>(growing.size());
  growing.push_back(&who);
  post_turn();
}

void socket_thread::forget_dirty(flushable& who) noexcept {
  for (std::size_t i = 0; i < dirty_.size(); ++i) {
    const std::size_t place = who.places_[i];
    if (place < dirty_[i].size() && dirty_[i][place] == &who)
      dirty_[i][place] = nullptr;
  }
}

void socket_thread::tend() noexcept {
  // While something happens the wheel is looked at every tick; in silence the timer sleeps until
  // the next deadline.
  if (is_ticking_ || (wheel_.size() == 0 && !bursts_.is_waiting()) ||
      (is_finishing_ && lines_.empty()))
    return;
  try {
    is_ticking_ = true;
    timer_.expires_after(rules::timer_wheel::tick);
    timer_.async_wait([this](const io_error& e) {
      if (!e)
        on_tick();
    });
  } catch (...) {
    is_ticking_ = false;
    failed(nullptr);
  }
}

void socket_thread::on_tick() noexcept {
  is_ticking_ = false;
  std::size_t fired = 0;
  try {
    for (bool is_done = false; !is_done;) {
      try {
        fired += wheel_.advance(now());
        is_done = true;
      } catch (...) {
        ++fired;
        failed(nullptr);
      }
    }
    if (fired > 0)
      post_turn();
    if (bursts_.look(now())) {
      if (target_ != nullptr)
        target_->burst_is_over(&give_back_end_of_heap);
      sockets_->forget_burst();
      give_back_free_memory();
    }
    auto next = wheel_.next();
    if (bursts_.is_waiting()) {
      const auto look = now() + burst_watch::span;
      next = std::min(next.value_or(look), look);
    }
    if (fired == 0 && next && *next > now() + 2 * rules::timer_wheel::tick &&
        !(is_finishing_ && lines_.empty())) {
      timer_.expires_at(*next);
      timer_.async_wait([this](const io_error& e) {
        if (!e)
          on_tick();
      });
      return;
    }
  } catch (...) {
    failed(nullptr);
  }
  tend();
}

void socket_thread::failed(line* who) noexcept {
  try {
    std::string what = "something that is no exception";
    try {
      throw;
    } catch (const std::exception& e) {
      what = e.what();
    } catch (...) {
    }
    books_->log(log_level::error,
                "an I/O thread caught: " + what + (who != nullptr ? "; the line is cut" : ""));
  } catch (...) {
    // Not even a log line can be made.
  }
  if (who != nullptr)
    who->cut();
}

void socket_thread::run() noexcept {
  id_ = std::this_thread::get_id();
  if (rings_ != nullptr && !(rings_->out.begin() && rings_->in.begin()))
    give_up_rings();
  for (;;) {
    try {
      // Everything that is ready first, so that one turn gathers as much as it can; but not for
      // ever.
      if ((!are_sockets_ready_ || since_asio_ >= look_at_asio_after) && !run_asio())
        return;
      if (are_sockets_ready_) {
        // Whoever was ready is likely to be ready again: only when nobody is, Asio waits for it.
        const std::size_t found = sockets_->poll(most_bytes);
        since_asio_ += found;
        are_sockets_ready_ = found != 0;
        if (rings_ != nullptr && rings_->in.is_broken())
          give_up_rings();
      }
      if (is_turn_posted_.load(std::memory_order_acquire))
        turn();
    } catch (...) {
      failed(nullptr);
    }
  }
}

/// Runs what is ready of Asio's; waits if there is nothing else to do. False: it was stopped.
bool socket_thread::run_asio() {
  since_asio_ = 0;
  watch_sockets();
  const bool is_awaited = are_sockets_ready_ || is_turn_posted_.load(std::memory_order_acquire);
  std::size_t steps = is_awaited ? context_.poll_one() : context_.run_one();
  if (steps == 0 && context_.stopped())
    return false;
  while (steps != 0 && steps < most_steps && !are_sockets_ready_ && context_.poll_one() != 0)
    ++steps;
  return true;
}

void socket_thread::watch_sockets() {
  if (are_sockets_ready_ || !sockets_watch_.is_open())
    return;
  if (!sockets_->may_wait()) {
    are_sockets_ready_ = true;
    return;
  }
  if (std::exchange(are_sockets_watched_, true))
    return;
  sockets_watch_.async_wait(asio::posix::stream_descriptor::wait_read, [this](const io_error& e) {
    if (e)
      return;
    are_sockets_watched_ = false;
    are_sockets_ready_ = true;
  });
}

void socket_thread::finish() {
  asio::post(context_, [this] { cut_all(); });
}

void socket_thread::cut_all() noexcept {
  is_finishing_ = true;
  try {
    for_each_line([](line& who) { who.cut(); });
  } catch (...) {
    failed(nullptr);
  }
  end_if_empty();
}

void socket_thread::end_leftovers() noexcept {
  context_.restart();
  try {
    // Requests of a thread that is no more would hold the sockets open.
    if (rings_ != nullptr)
      move_to_epoll();
  } catch (...) {
    failed(nullptr);
  }
  cut_all();
  for (;;) {
    try {
      if (context_.poll() == 0)
        return;
    } catch (...) {
      failed(nullptr);
    }
  }
}

void socket_thread::end_if_empty() noexcept {
  if (!is_finishing_ || !lines_.empty())
    return;
  timer_.cancel();
  io_error ignored;
  sockets_watch_.close(ignored);
  work_.reset();
}

} // namespace callsign::beast
