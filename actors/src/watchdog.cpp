#include "actors/src/watchdog.hpp"

#include <algorithm>

namespace callsign::detail {

namespace {

std::atomic<std::uint64_t> next_watchdog{1};

/// A thread may work for several sets of workers, so it has a record with each one's watchdog.
struct thread_entry {
  std::uint64_t watchdog = 0;
  std::shared_ptr<watchdog::record> mine;
};
thread_local std::vector<thread_entry> this_thread;

/// Nobody else holds it: its thread, or its watchdog, is gone.
bool is_left_alone(const std::shared_ptr<watchdog::record>& r) { return r.use_count() == 1; }

} // namespace

watchdog::watchdog(std::chrono::milliseconds limit, std::function<void(const std::string&)> warn)
    : limit_{limit}, id_{next_watchdog.fetch_add(1)}, warn_{std::move(warn)} {
  if (limit_.count() > 0)
    thread_ = std::thread{[this] { look(); }};
}

watchdog::~watchdog() {
  {
    const std::scoped_lock guard{lock_};
    stop_ = true;
  }
  stop_cv_.notify_all();
  if (thread_.joinable())
    thread_.join();
}

watchdog::record* watchdog::here() {
  if (limit_.count() <= 0)
    return nullptr;
  for (const thread_entry& known : this_thread) {
    if (known.watchdog == id_)
      return known.mine.get();
  }
  return enter_thread();
}

watchdog::record* watchdog::enter_thread() {
  std::erase_if(this_thread, [](const thread_entry& e) { return is_left_alone(e.mine); });
  auto mine = std::make_shared<record>();
  this_thread.push_back({id_, mine});
  const std::scoped_lock guard{lock_};
  std::erase_if(records_, is_left_alone);
  records_.push_back(mine);
  return mine.get();
}

void watchdog::look() {
  const auto pause = std::max<std::chrono::milliseconds>(limit_ / 4, std::chrono::milliseconds{1});
  std::unique_lock guard{lock_};
  while (!stop_cv_.wait_for(guard, pause, [this] { return stop_; })) {
    const auto now = std::chrono::steady_clock::now();
    std::vector<std::string> late;
    for (const auto& r : records_) {
      const auto turn = r->turn.load(std::memory_order_acquire);
      if (turn % 2 == 0)
        continue;
      if (turn != r->seen) {
        r->seen = turn;
        r->since = now;
        r->is_told = false;
      } else if (!r->is_told && now - r->since >= limit_) {
        const slot* who = r->who.load(std::memory_order_acquire);
        const std::string task = who->running();
        if (r->turn.load(std::memory_order_acquire) != turn)
          continue;
        r->is_told = true;
        const auto age = std::chrono::duration_cast<std::chrono::milliseconds>(now - r->since);
        late.push_back("worker \"" + who->name() + "\" has been running the task given at " + task +
                       " for at least " + std::to_string(age.count()) + " ms");
      }
    }
    guard.unlock();
    for (const auto& line : late)
      warn_(line);
    guard.lock();
  }
}

} // namespace callsign::detail
