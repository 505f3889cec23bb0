#include "actors/src/own_thread.hpp"

namespace callsign::detail {

void own_thread::bell::ring() {
  {
    const std::scoped_lock guard{lock};
    is_awake = true;
  }
  rung.notify_one();
}

/// The first `thread_local` of a thread is the last to be destroyed.
struct own_thread::farewell {
  farewell() = default;
  farewell(const farewell&) = delete;
  farewell& operator=(const farewell&) = delete;
  ~farewell() {
    const std::scoped_lock guard{by->lock};
    by->is_gone = true;
    by->left.notify_all();
  }
  std::shared_ptr<bell> by;
};

own_thread::own_thread(caf::actor_system& system, const unit_factory& make_unit,
                       const thread_factory& start)
    : bell_{std::make_shared<bell>()}, where_{make_unit(system, [by = bell_] { by->ring(); })} {
  if (!start) {
    bell_->is_gone = true;
    return;
  }
  thread_ = start([by = bell_, where = where_] {
    thread_local farewell last;
    last.by = by;
    drive(*by, static_cast<thread_unit&>(*where));
  });
}

own_thread::~own_thread() {
  let_go();
  if (thread_.joinable())
    thread_.join();
}

void own_thread::let_go() {
  {
    const std::scoped_lock guard{bell_->lock};
    bell_->is_over = true;
  }
  bell_->rung.notify_one();
}

bool own_thread::is_gone() const {
  const std::scoped_lock guard{bell_->lock};
  return bell_->is_over && bell_->is_gone;
}

bool own_thread::is_gone_by(std::chrono::steady_clock::time_point deadline) const {
  std::unique_lock guard{bell_->lock};
  return bell_->left.wait_until(guard, deadline,
                                [this] { return bell_->is_over && bell_->is_gone; });
}

void own_thread::drive(bell& by, thread_unit& here) {
  std::unique_lock guard{by.lock};
  while (!by.is_over) {
    by.rung.wait(guard, [&] { return by.is_awake || by.is_over; });
    by.is_awake = false;
    guard.unlock();
    while (here.run_ready()) {
    }
    guard.lock();
  }
}

} // namespace callsign::detail
