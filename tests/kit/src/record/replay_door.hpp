/// \file
/// A door through which only a recording comes in.
#pragma once

#include "net/src/door/door.hpp"
#include "net/src/rules/spoken.hpp"

#include <callsign/testkit/scheduler.hpp>
#include <callsign/testkit/virtual_clock.hpp>

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace callsign::testkit::record {

/// One line, whose facts come from the recording and whose commands are kept to be compared. What
/// is said to it stays in its outbox until the recording says that it was written.
class line final : public door::session {
public:
  explicit line(std::uint32_t number) : number_{number} {}

  /// What the program commanded, in order.
  struct command {
    enum class kind : std::uint8_t { answered, admitted, refused, dropped };
    kind what;
    int status = 0;
    std::string text; ///< subprotocol, or why
  };
  std::deque<command> commands;

  void set_ear(std::shared_ptr<door::ear> what) { ear_ = std::move(what); }
  [[nodiscard]] door::ear* ear() const noexcept { return ear_.get(); }

  /// The next thing that it is told, taken out of its outbox.
  [[nodiscard]] std::optional<rules::spoken> hears_next();
  /// The client has said its last; our Close follows once it is answered.
  void closes();
  /// Queues a Close that is no decision of the program's, if none is queued.
  void push_own_close();
  [[nodiscard]] bool is_closing() const noexcept { return is_closing_; }
  [[nodiscard]] bool is_close_its_own() const noexcept { return is_close_its_own_; }
  void end(door::end_facts how);

  [[nodiscard]] std::uint32_t number() const noexcept override { return number_; }
  void admit(const door::admission_terms& terms) override;
  void refuse(int status, std::string_view why) override;
  void mark_dirty() override {}
  void pause_reading() override {}
  void resume_reading() override {}
  void settle() override;
  void drop() override { commands.push_back({command::kind::dropped, 0, {}}); }

private:
  [[nodiscard]] std::optional<rules::spoken> next_frame();

  const std::uint32_t number_;
  std::shared_ptr<door::ear> ear_;
  bool has_head_ = false;
  bool is_closing_ = false;
  bool is_close_its_own_ = false;
};

/// An I/O thread that turns when the recording says so.
class thread final : public door::io_thread {
public:
  thread(std::size_t index, virtual_clock& clock)
      : index_{index}, clock_{clock}, wheel_{clock.now()} {}

  [[nodiscard]] std::size_t index() const noexcept override { return index_; }
  void post_turn() override { is_turn_posted = true; }
  void set_target(door::turn_target* what) override { target_ = what; }
  [[nodiscard]] rules::timer_wheel& timers() override { return wheel_; }
  [[nodiscard]] door::time_point now() const noexcept override { return clock_.now(); }
  void flush_dirty() override {}
  void post(std::function<void()> what) override { posted.push_back(std::move(what)); }
  [[nodiscard]] std::size_t session_count() const noexcept override { return 0; }

  void turn();
  [[nodiscard]] bool has_due_timers() const;

  bool is_turn_posted = false;
  std::deque<std::function<void()>> posted;

private:
  const std::size_t index_;
  virtual_clock& clock_;
  rules::timer_wheel wheel_;
  door::turn_target* target_ = nullptr;
};

/// @context one thread
class backend final : public door::backend, public step_source {
public:
  backend(scheduler& steps, virtual_clock& clock, std::size_t threads);
  ~backend() override;

  /// A client asks the web server that began to listen as the `web`th. Null: there is none.
  line* ask(std::uint32_t number, std::size_t web, std::size_t io_thread, request asked);
  /// That one, while it lives.
  [[nodiscard]] line* find(std::uint32_t number) const;
  void forget(std::uint32_t number) { lines_.erase(number); }
  [[nodiscard]] thread& at(std::size_t index) const { return *threads_[index % threads_.size()]; }
  /// The recording is over: everybody goes, and turns come by themselves.
  void lets_go();

  // -- door::backend ------------------------------------------------------------------------------

  [[nodiscard]] const std::vector<door::io_thread*>& threads() const noexcept override {
    return faces_;
  }
  void start() override {}
  [[nodiscard]] std::shared_ptr<door::web_service> listen(const web_server_options& how,
                                                          std::shared_ptr<door::front_desk> desk,
                                                          std::vector<error>& errors) override;
  bool stop(door::time_point deadline) override;

  // -- step_source --------------------------------------------------------------------------------

  [[nodiscard]] std::size_t ready() const override;
  void run(std::size_t which) override;
  [[nodiscard]] std::string describe(std::size_t which) const override;
  [[nodiscard]] std::optional<std::chrono::steady_clock::time_point> next_due() const override;

private:
  class service;
  /// What is ready, and where.
  enum class step : std::uint8_t { posted, timers, turn };
  [[nodiscard]] std::vector<std::pair<step, thread*>> all_ready() const;

  scheduler& steps_;
  std::vector<std::unique_ptr<thread>> threads_;
  std::vector<door::io_thread*> faces_;
  std::vector<std::shared_ptr<door::front_desk>> desks_;
  std::map<std::uint32_t, std::shared_ptr<line>> lines_;
  bool is_let_go_ = false;
};

} // namespace callsign::testkit::record
