#include "actors/src/ticker.hpp"

#include "actors/src/long_time.hpp"
#include "actors/src/worker_system.hpp"

#include <stdexcept>

namespace callsign {

namespace detail {

ticker::ticker(worker_system& system, std::optional<port> in, std::string name, plan when,
               task what, std::source_location where)
    : system_{system}, in_{std::move(in)}, name_{std::move(name)}, plan_{in_range(when.first),
                                                                         in_range(when.period),
                                                                         when.keeps},
      what_{std::move(what)}, where_{where}, next_{system.wheel().now() + plan_.first} {
  if (!what_)
    throw std::invalid_argument("the timer at " + label_of(where) + " has an empty task");
  if (when.first < duration{0})
    throw std::invalid_argument("the timer at " + label_of(where) + " begins in the past");
}

void ticker::check_period(duration period, const std::source_location& where) {
  if (period <= duration{0}) {
    throw std::invalid_argument("the period of the timer at " + label_of(where) +
                                " is not more than zero");
  }
}

void ticker::start() { system_.wheel().arm(shared_from_this(), next_); }

void ticker::cancel() noexcept {
  // The address may outlive the set, but at its end nothing is active any more.
  if (active_.exchange(false, std::memory_order_acq_rel))
    system_.wheel().disarm(*this);
}

void ticker::arm_again() {
  if (is_active())
    system_.wheel().arm(shared_from_this(), next_);
  if (!is_active())
    system_.wheel().disarm(*this); // cancelled meanwhile
}

struct ticker::tick {
  std::shared_ptr<ticker> of;
  void operator()(worker& self) const { of->run(self); }
  void dropped(drop_reason) const noexcept { of->end_of_tick(); }
};

void ticker::due() noexcept {
  if (!is_active())
    return;
  bool is_posted = false;
  if (is_ticking_.exchange(true, std::memory_order_acq_rel)) {
    ++missed_;
  } else {
    try {
      task one{tick{shared_from_this()}};
      if (in_) {
        is_posted = in_->post(entry_kind::timer, std::move(one), where_);
      } else {
        const auto result = system_.call(name_, std::move(one), where_);
        is_posted = result == call_result::queued || result == call_result::created;
      }
    } catch (const std::exception&) {
      // No thread could be started; `spawn` has said so.
    }
    if (!is_posted)
      is_ticking_.store(false, std::memory_order_release);
    if (!is_posted && (in_ || plan_.period == duration{0} || system_.is_stopping())) {
      active_.store(false, std::memory_order_release);
      return;
    }
    if (!is_posted)
      ++missed_;
  }
  if (plan_.period > duration{0} && (plan_.keeps == pace::fixed_rate || !is_posted)) {
    next_ += plan_.period;
    // After a pause (a sleeping machine) the ticks of the past do not come all at once.
    if (const auto now = system_.wheel().now(); next_ <= now) {
      const auto behind = (now - next_) / plan_.period + 1;
      missed_ += static_cast<std::uint64_t>(behind);
      next_ += behind * plan_.period;
    }
    arm_again();
  }
}

void ticker::run(worker& self) {
  struct at_end {
    ticker& of;
    ~at_end() { of.end_of_tick(); }
  };
  const at_end after{*this};
  if (is_active())
    what_(self);
}

void ticker::end_of_tick() noexcept {
  if (plan_.period == duration{0})
    active_.store(false, std::memory_order_release);
  if (!is_active()) {
    what_ = nullptr;
    return;
  }
  is_ticking_.store(false, std::memory_order_release);
  if (plan_.keeps == pace::fixed_delay) {
    next_ = system_.wheel().now() + plan_.period;
    arm_again();
  }
}

void ticker::forget() noexcept {
  cancel();
  what_ = nullptr;
}

} // namespace detail

void timer::cancel() const {
  if (what_ != nullptr)
    what_->cancel();
}

bool timer::is_active() const noexcept { return what_ != nullptr && what_->is_active(); }

std::uint64_t timer::missed() const noexcept { return what_ == nullptr ? 0 : what_->missed(); }

} // namespace callsign
