// Waiting for the end, and the end itself, in order.

#include "actors/src/callback_mark.hpp"
#include "actors/src/last_words.hpp"
#include "actors/src/worker_system.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <thread>

#include <poll.h>
#include <unistd.h>

namespace callsign::detail {

void worker_system::wake_main() noexcept {
  const std::uint64_t one = 1;
  // A full counter wakes as well.
  [[maybe_unused]] const auto written = ::write(wake_main_, &one, sizeof one);
}

bool worker_system::pump_main_until(const std::function<bool()>& done,
                                    std::chrono::steady_clock::time_point deadline) {
  const auto mine = main_pump_.enter(deadline);
  if (!mine)
    return done();
  if (hooks_.is_deterministic) {
    while (!done()) {
      if (!hooks_.pump || !hooks_.pump())
        return done();
    }
    return true;
  }
  auto* here = dynamic_cast<thread_unit*>(main_unit_.get());
  for (;;) {
    // Not until it is idle: a main worker that always has something to do must not miss an
    // interrupt.
    const bool more_is_ready = here != nullptr && here->run_ready();
    if (done())
      return true;
    if (std::chrono::steady_clock::now() >= deadline)
      return false;
    wait_for_main(more_is_ready, deadline);
  }
}

void worker_system::wait_for_main(bool more_is_ready,
                                  std::chrono::steady_clock::time_point deadline) {
  const auto left =
      std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now())
          .count();
  const int limit = more_is_ready ? 0 : static_cast<int>(std::clamp<long long>(left, 0, 60'000));
  const bool hears_interrupts = interrupts_ && !is_stopping();
  pollfd watched[] = {{wake_main_, POLLIN, 0},
                      {hears_interrupts ? interrupts_->descriptor() : -1, POLLIN, 0}};
  ::poll(watched, 2, limit);
  std::uint64_t count = 0;
  [[maybe_unused]] const auto seen = ::read(wake_main_, &count, sizeof count);
  if ((watched[1].revents & POLLIN) != 0 && interrupts_->read())
    interrupted_ = true;
}

void worker_system::wait_for_interrupt() {
  if (sender_here() != 0)
    throw std::logic_error("wait_for_interrupt was called inside a worker");
  if (callback_mark::is_here(*this))
    throw std::logic_error("wait_for_interrupt was called inside a callback of a connection");
  constexpr auto long_time = std::chrono::hours{24 * 365};
  while (!pump_main_until([this] { return interrupted_.load(); },
                          std::chrono::steady_clock::now() + long_time)) {
    if (hooks_.is_deterministic)
      throw std::logic_error("nothing is left to run that could bring the interrupt");
  }
  if (interrupts_)
    interrupts_->let_the_next_end_the_process();
  stop();
}

void worker_system::interrupt() {
  interrupted_ = true;
  wake_main();
}

void worker_system::stop() {
  if (sender_here() != 0) {
    throw std::logic_error(
        "stop was called inside a worker, which it would wait for; call interrupt instead");
  }
  if (callback_mark::is_here(*this)) {
    throw std::logic_error("stop was called inside a callback of a connection, which it would wait "
                           "for; call interrupt instead");
  }
  interrupt();
  const std::scoped_lock guard{stop_lock_};
  if (std::exchange(stopped_, true))
    return;
  const auto deadline = std::chrono::steady_clock::now() + options_.stop_deadline;
  {
    const std::scoped_lock inner{participants_lock_};
    stopping_.store(true, std::memory_order_release);
  }
  tell_participants([](shutdown_participant& who) { who.stop_listening(); });
  auto everyone = directory_.shut();
  everyone.push_back(main_slot_);
  for (const auto& who : everyone) {
    who->shut();
    if (const auto drains = who->begin_drain())
      act(*drains, who);
    else
      kill(who, 0);
  }
  const auto is_over = [this] { return living_.load() <= 0; };
  // The rest of the time is for the ends themselves.
  if (!pump_main_until(is_over, deadline - options_.stop_deadline / 4))
    end_drains();
  if (!pump_main_until(is_over, deadline))
    give_up(names_of_the_living());
  wheel_->stop();
  tell_participants([&](shutdown_participant& who) {
    if (!who.stop_network(deadline))
      give_up("the network's threads");
  });
  end_threads(deadline);
}

void worker_system::end_drains() {
  for (const auto& who : directory_.all()) {
    if (!who->is_draining())
      continue;
    const auto info = who->info();
    warn("worker \"" + who->name() + "\" had no time to run all that waited; " +
         std::to_string(info ? info->waiting : 0) + " entries are dropped");
    kill(who, 0);
  }
}

std::string worker_system::names_of_the_living() {
  std::string names;
  auto everyone = directory_.all();
  everyone.push_back(main_slot_);
  for (const auto& who : everyone) {
    const auto info = who->info();
    if (!info)
      continue;
    names += (names.empty() ? "worker \"" : ", worker \"") + info->name + '"';
    if (!info->running.empty())
      names += " (in the task given at " + info->running + ")";
  }
  return names;
}

void worker_system::give_up(const std::string& who) {
  const std::string limit =
      hooks_.is_deterministic ? "although nothing is left to run"
                              : "within " + std::to_string(options_.stop_deadline.count()) + " ms";
  last_words("callsign: " + who + " did not end " + limit + "; the process ends with 1");
  // What the program has written is worth a moment, but whoever is stuck may hold the lock of a
  // stream.
  try {
    std::thread{[] {
      std::fflush(nullptr);
      std::_Exit(1);
    }}.detach();
  } catch (...) {
    std::_Exit(1);
  }
  std::this_thread::sleep_for(std::chrono::milliseconds{500});
  std::_Exit(1);
}

} // namespace callsign::detail
