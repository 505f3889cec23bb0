#include "net/src/bridge/io_turn.hpp"

#include "actors/src/held_wakes.hpp"
#include "actors/src/pool_threads.hpp"
#include "net/src/bridge/connection_line.hpp"
#include "net/src/bridge/network_actor.hpp"

#include <new>
#include <utility>

namespace callsign::detail {

io_turn::io_turn(worker_system& workers, door::io_thread& thread,
                 std::shared_ptr<door::ledger> books, std::shared_ptr<budget> memory,
                 std::shared_ptr<door::recorder> notes)
    : workers_{workers}, thread_{thread}, books_{std::move(books)}, memory_{std::move(memory)},
      unit_{workers.hooks().make_unit(workers.actors(), [&thread] { thread.post_turn(); })},
      own_loop_{dynamic_cast<thread_unit*>(unit_.get())}, lane_{std::make_shared<lane>(
                                                              thread, std::move(notes))},
      network_actor_{spawn_placed<detail::network_actor>(workers.actors(), unit_.get(), lane_)} {
  thread_.set_target(this);
}

io_turn::~io_turn() = default;

bool io_turn::on_turn() {
  const bool has_more = run_actors();
  return (memory_->is_exceeded() && shed()) || has_more;
}

bool io_turn::run_actors() {
  if (own_loop_ == nullptr) {
    hand_out();
    return false;
  }
  const thread_unit::visit here{*own_loop_};
  const gathering books{*this};
  {
    const held_wakes until_all_have_spoken{workers_.actors()};
    own_loop_->run_ready(1);
  }
  // A worker that has begun by now may have answered already.
  hand_out();
  return own_loop_->run_ready(4);
}

io_turn::gathering::~gathering() {
  turn_.is_gathering_ = false;
  turn_.books_->count(counter::messages_sent, std::exchange(turn_.gathered_frames_, 0));
  turn_.memory_->add(std::exchange(turn_.gathered_bytes_, 0));
}

void io_turn::burst_is_over(void (*also)() noexcept) noexcept {
  entry_queue::shrink_store();
  if (workers_.hooks().is_deterministic)
    return;
  try {
    run_on_pool_threads(workers_.actors(), also);
  } catch (const std::bad_alloc&) {
    // Another burst will end.
  }
}

void io_turn::hand_out() {
  if (lane_->has_entries())
    tell(network_actor_, hand_out_mail::value);
}

void io_turn::announce(const connection_core& core, caf::actor who) {
  caf::actor_cast<detail::network_actor*>(network_actor_)->add(core, std::move(who));
}

void io_turn::forget(const connection_core& core) {
  caf::actor_cast<detail::network_actor*>(network_actor_)->forget(core);
}

std::size_t io_turn::actor_count() const {
  return lane_->is_abandoned()
             ? 0
             : caf::actor_cast<detail::network_actor*>(network_actor_)->actor_count();
}

void io_turn::warn(rules::log_pace& pace, std::string what) const {
  const auto left_out = pace.may_write(now());
  if (!left_out)
    return;
  if (*left_out > 0)
    what += " (and " + std::to_string(*left_out) + " more since the last such line)";
  books_->log(log_level::warning, what);
}

void io_turn::weigh(const connection_line& line) noexcept {
  if (line.weight() > heaviest_.load(std::memory_order_relaxed)) {
    heaviest_.store(line.weight(), std::memory_order_relaxed);
  }
}

void io_turn::hasten_closes(std::chrono::milliseconds limit) {
  closes_by_ = now() + limit;
  for (auto* line : lines_)
    line->hasten_close();
}

void io_turn::end_actors() {
  lane_->close();
  tell(network_actor_, quit_mail::value);
}

/// Closes the heaviest line of the whole network, if it is here; else wakes the thread that has it.
bool io_turn::shed() {
  connection_line* worst = nullptr;
  std::size_t weight = 0;
  for (auto* line : lines_) {
    if (line->is_over() || line->out().is_close_queued() || line->weight() <= weight)
      continue;
    worst = line;
    weight = line->weight();
  }
  heaviest_.store(weight, std::memory_order_relaxed);
  for (auto* other : siblings_) {
    if (other == this || other->heaviest_.load(std::memory_order_relaxed) <= weight)
      continue;
    other->thread().post_turn();
    return false;
  }
  if (worst == nullptr)
    return false;
  worst->close(rules::our_part::budget, closing::try_again_later, {});
  return true;
}

} // namespace callsign::detail
