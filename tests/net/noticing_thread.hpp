/// \file
/// What a lane needs of its I/O thread.
#pragma once

#include "net/src/door/door.hpp"

#include <functional>

namespace callsign::test {

/// An I/O thread that only notices when a turn is posted.
class noticing_thread final : public door::io_thread {
public:
  [[nodiscard]] std::size_t index() const noexcept override { return 0; }
  void post_turn() override {
    if (posted)
      posted();
  }
  void set_target(door::turn_target*) override {}
  [[nodiscard]] rules::timer_wheel& timers() override { return wheel_; }
  [[nodiscard]] door::time_point now() const noexcept override { return {}; }
  void flush_dirty() override {}
  void post(std::function<void()>) override {}
  [[nodiscard]] std::size_t session_count() const noexcept override { return 0; }

  std::function<void()> posted;

private:
  rules::timer_wheel wheel_{door::time_point{}};
};

} // namespace callsign::test
