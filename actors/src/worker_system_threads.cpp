// The threads that workers have, each for itself or together.

#include "actors/src/worker_system.hpp"

#include <map>
#include <vector>

namespace callsign::detail {

std::shared_ptr<unit> worker_system::place_for(runs_on kind, worker_number number,
                                               const std::string& name) {
  switch (kind) {
  case runs_on::pool: break;
  case runs_on::own_thread: {
    reap_threads();
    auto thread = std::make_unique<own_thread>(*actors_, hooks_.make_unit, hooks_.make_thread);
    auto where = thread->where();
    const std::scoped_lock guard{lock_};
    threads_.emplace(number, thread_of_worker{name, std::move(thread)});
    return where;
  }
  case runs_on::cooperative: {
    const std::scoped_lock guard{lock_};
    if (cooperative_ == nullptr)
      cooperative_ = std::make_unique<own_thread>(*actors_, hooks_.make_unit, hooks_.make_thread);
    return cooperative_->where();
  }
  }
  return nullptr;
}

void worker_system::reap_threads() {
  std::vector<std::unique_ptr<own_thread>> gone;
  {
    const std::scoped_lock guard{lock_};
    for (auto it = threads_.begin(); it != threads_.end();) {
      const bool goes = it->second.thread->is_gone();
      if (goes)
        gone.push_back(std::move(it->second.thread));
      it = goes ? threads_.erase(it) : std::next(it);
    }
  }
  // Their destructors join, outside the lock.
}

void worker_system::end_threads(std::chrono::steady_clock::time_point deadline) {
  std::map<worker_number, thread_of_worker> all;
  {
    const std::scoped_lock guard{lock_};
    all.swap(threads_);
    if (cooperative_ != nullptr)
      all.emplace(0, thread_of_worker{"any that is cooperative", std::move(cooperative_)});
  }
  // Its worker has ended, but what its tasks left in `thread_local`s may still be at work.
  for (const auto& [number, one] : all) {
    one.thread->let_go();
    if (!one.thread->is_gone_by(deadline))
      give_up("the thread of worker \"" + one.name + '"');
  }
}

} // namespace callsign::detail
