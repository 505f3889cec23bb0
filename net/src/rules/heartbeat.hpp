/// \file
/// When to ping, and when a line is dead. A pure machine.
#pragma once

#include "net/src/rules/timer_wheel.hpp"

#include <chrono>

namespace callsign::rules {

/// Pings after silence and gives a line up when no byte answers in time. While we do not read,
/// silence proves nothing: pings go on, missed answers do not count.
class heartbeat {
public:
  enum class action : unsigned char { none, ping, dead };
  struct step {
    action what = action::none;
    time_point look_again{};
  };

  heartbeat() = default;
  heartbeat(duration ping_after, duration pong_within, time_point now)
      : ping_after_{ping_after}, pong_within_{pong_within}, last_heard_{now} {}

  [[nodiscard]] bool is_on() const noexcept { return ping_after_ > duration::zero(); }
  void heard(time_point now) noexcept {
    last_heard_ = now;
    is_waiting_ = false;
  }
  void paused() noexcept { is_paused_ = true; }
  void resumed(time_point now) noexcept {
    is_paused_ = false;
    heard(now);
  }
  [[nodiscard]] time_point first_look() const noexcept { return last_heard_ + ping_after_; }

  /// Called at the time the last step named.
  [[nodiscard]] step look(time_point now) noexcept {
    if (is_paused_) {
      is_waiting_ = false;
      return {action::ping, now + ping_after_};
    }
    if (is_waiting_) {
      if (now - pinged_at_ >= pong_within_)
        return {action::dead, now};
      return {action::none, pinged_at_ + pong_within_};
    }
    if (now - last_heard_ >= ping_after_) {
      is_waiting_ = true;
      pinged_at_ = now;
      return {action::ping, now + pong_within_};
    }
    return {action::none, last_heard_ + ping_after_};
  }

private:
  duration ping_after_{};
  duration pong_within_{};
  time_point last_heard_{};
  time_point pinged_at_{};
  bool is_waiting_ = false;
  bool is_paused_ = false;
};

} // namespace callsign::rules
