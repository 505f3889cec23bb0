#include "app/program/log_writer.hpp"

#include <cerrno>
#include <condition_variable>
#include <csignal>
#include <mutex>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

namespace program {

struct log_writer::state {
  state(const options& how, wording lost_lines)
      : descriptor{how.descriptor}, is_owned{how.is_owned}, most{how.most}, words{std::move(
                                                                                lost_lines)} {}
  ~state() {
    if (is_owned)
      ::close(descriptor);
  }
  state(const state&) = delete;
  state& operator=(const state&) = delete;

  /// The place of the lost lines is here. @context under the lock
  void note_what_was_lost() {
    if (unsaid == 0)
      return;
    waiting += words(unsaid);
    noted += std::exchange(unsaid, 0);
  }
  void lose(std::uint64_t count) {
    lost += count;
    unsaid += count;
  }
  /// What waited went to the writer and was not written, the words about earlier losses neither.
  void lose(std::uint64_t count, std::uint64_t noted_before) {
    lose(count);
    unsaid += noted_before;
  }

  const int descriptor;
  const bool is_owned;
  const std::size_t most;
  const wording words;

  mutable std::mutex lock;
  std::condition_variable changed;
  std::string waiting;
  std::uint64_t lines = 0; ///< that wait
  std::uint64_t noted = 0; ///< lost lines about which words wait
  std::uint64_t lost = 0;
  std::uint64_t unsaid = 0; ///< lost, and not yet said so in the log
  bool is_writing = false;
  bool is_ending = false;
  bool is_done = false;
};

namespace {

/// False: it could not be written, or only the beginning.
bool write_all(int descriptor, std::string_view what) {
  while (!what.empty()) {
    const ssize_t written = ::write(descriptor, what.data(), what.size());
    if (written > 0) {
      what.remove_prefix(static_cast<std::size_t>(written));
    } else if (written < 0 && errno == EAGAIN) {
      // Somebody who shares it has made it so.
      pollfd watched{descriptor, POLLOUT, 0};
      ::poll(&watched, 1, -1);
    } else if (written == 0 || errno != EINTR) {
      return false;
    }
  }
  return true;
}

/// Signals are for the threads that wait for them.
class without_signals {
public:
  without_signals() {
    sigset_t all;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~without_signals() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  without_signals(const without_signals&) = delete;
  without_signals& operator=(const without_signals&) = delete;

private:
  sigset_t before_{};
};

} // namespace

log_writer::options log_writer::standard_error() {
  const int own = ::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0);
  return {.descriptor = own < 0 ? STDERR_FILENO : own, .is_owned = own >= 0};
}

log_writer::log_writer(options how, wording lost_lines)
    : shared_{std::make_shared<state>(how, std::move(lost_lines))}, patience_{how.patience} {
  const without_signals while_it_begins;
  thread_ = std::thread{[shared = shared_] { run(*shared); }};
}

log_writer::~log_writer() {
  bool is_done = false;
  {
    std::unique_lock guard{shared_->lock};
    shared_->is_ending = true;
    shared_->changed.notify_all();
    is_done = shared_->changed.wait_for(guard, patience_, [this] { return shared_->is_done; });
  }
  // Whoever does not read does not keep the program from its end.
  if (is_done) {
    thread_.join();
  } else {
    thread_.detach();
  }
}

void log_writer::write(std::string_view line) {
  const std::scoped_lock guard{shared_->lock};
  if (shared_->waiting.size() + line.size() > shared_->most)
    return shared_->lose(1);
  shared_->note_what_was_lost();
  shared_->waiting += line;
  ++shared_->lines;
  shared_->changed.notify_all();
}

bool log_writer::is_done_within(std::chrono::milliseconds limit) const {
  std::unique_lock guard{shared_->lock};
  return shared_->changed.wait_for(
      guard, limit, [this] { return shared_->waiting.empty() && !shared_->is_writing; });
}

std::uint64_t log_writer::lost() const {
  const std::scoped_lock guard{shared_->lock};
  return shared_->lost;
}

void log_writer::run(state& shared) {
  std::string batch;
  std::unique_lock guard{shared.lock};
  for (;;) {
    shared.changed.wait(guard, [&] { return !shared.waiting.empty() || shared.is_ending; });
    if (shared.waiting.empty())
      break;
    batch.clear();
    batch.swap(shared.waiting);
    const auto lines = std::exchange(shared.lines, 0);
    const auto noted = std::exchange(shared.noted, 0);
    shared.is_writing = true;
    guard.unlock();
    const bool is_written = write_all(shared.descriptor, batch);
    guard.lock();
    if (!is_written) {
      shared.lose(lines, noted);
    } else if (shared.waiting.empty()) {
      shared.note_what_was_lost();
    }
    shared.is_writing = false;
    shared.changed.notify_all();
  }
  shared.is_done = true;
  shared.changed.notify_all();
}

void last_words(std::string_view lines) noexcept {
  try {
    log_writer{log_writer::standard_error(), [](std::uint64_t) { return std::string{}; }}.write(
        lines);
  } catch (...) {
    // There is nothing left to say it with.
  }
}

} // namespace program
