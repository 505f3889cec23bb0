/// \file
/// One life of a worker: its variables, what it owns, and its address.
#pragma once

#include "actors/src/clock_source.hpp"
#include "actors/src/slot.hpp"
#include "actors/src/watchdog.hpp"

#include <callsign/watch.hpp>
#include <callsign/worker.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <source_location>
#include <string>
#include <vector>

namespace callsign::detail {

class entry_watcher;
class nap;
class ticker;
class watch_core;
class worker_system;

/// Why a worker's incarnation ends, as what it owns is told.
enum class end_reason : std::uint8_t { killed, aborted, shut_down, failed };

/// Something that must have ended before its worker may end: a server.
class resident {
public:
  virtual ~resident() = default;
  /// Begins the end; answers later with `incarnation::moved_out`, unless the reason is `aborted`,
  /// when it just goes. One that throws is reported to the worker's error handler and goes as well.
  /// @context the worker
  virtual void end(end_reason why) = 0;
};

/// The address of one incarnation for events: safe after its end, and never the next incarnation.
/// @context any thread
class port {
public:
  port(worker_system& system, std::shared_ptr<slot> where, worker_number number)
      : system_{&system}, where_{std::move(where)}, number_{number} {}
  /// False: the incarnation is gone, or takes no entries of that kind any more; the entry was
  /// destroyed.
  bool post(entry_kind kind, task what,
            std::source_location where = std::source_location::current()) const {
    return post_of(0, kind, std::move(what), where);
  }
  /// On behalf of a client; see `entry::sender`.
  bool post_of(std::uint32_t client, entry_kind kind, task what,
               std::source_location where = std::source_location::current()) const;
  [[nodiscard]] worker_number number() const noexcept { return number_; }
  [[nodiscard]] const std::string& name() const noexcept { return where_->name(); }

private:
  worker_system* system_;
  std::shared_ptr<slot> where_;
  worker_number number_;
};

/// When a timer ticks.
struct timer_plan {
  std::chrono::steady_clock::duration first;
  std::chrono::steady_clock::duration period{0}; ///< zero: once
  pace keeps = pace::fixed_rate;
};

/// One life of a worker. @context the worker, except where said
class incarnation {
public:
  /// `where` must outlive it.
  incarnation(worker_system& system, const std::shared_ptr<slot>& where, worker_number number);
  incarnation(const incarnation&) = delete;
  incarnation& operator=(const incarnation&) = delete;
  /// Destroys the process variables, last made first, and all else that is this life's own.
  ~incarnation();

  [[nodiscard]] const std::string& name() const noexcept { return where_->name(); }
  [[nodiscard]] worker_number number() const noexcept { return number_; }
  [[nodiscard]] worker_system& system() const noexcept { return system_; }
  [[nodiscard]] slot& where() const noexcept { return *where_; }
  [[nodiscard]] worker& place() noexcept { return place_; }
  [[nodiscard]] detail::port port_of_this() const { return {system_, where_, number_}; }

  [[nodiscard]] void* find_variable(const variable_key& key);

  /// While the worker is ending, the newcomer's own end follows as a step of its own; once the
  /// variables are being destroyed, at once and as `aborted`.
  void move_in(std::shared_ptr<resident> who);
  void moved_out(const resident* who);
  [[nodiscard]] bool has_residents() const noexcept {
    return more_ != nullptr && !more_->residents.empty();
  }
  void end_residents(end_reason why);

  /// Whether this life ends after the entry that runs, or is ending already (rule W-44).
  [[nodiscard]] bool is_end_requested() const noexcept;

  /// See `slot::notice_end`. What it drops is destroyed here, and calls as this worker (rule W-35).
  [[nodiscard]] slot::request notice_end(entry_queue& rest);

  /// Ticks until this life ends.
  [[nodiscard]] timer start_timer(timer_plan when, task what, std::source_location where);

  /// `whom` null: nobody; `nobody` is what is said then.
  [[nodiscard]] watching start_watch(const std::shared_ptr<slot>& whom, worker_end nobody,
                                     end_handler then, std::source_location where);

  /// An answer is to come, and has come.
  void ask_began() { ++more().asks; }
  void ask_ended() noexcept {
    if (more_ != nullptr && more_->asks != 0)
      --more_->asks;
  }

  /// Nothing waits. @context the worker, between entries, if it may be passivated
  void fall_idle();
  /// Leaves if it has run nothing since it had run `handled` entries. @context a task
  void passivate_if_idle(std::uint64_t handled);
  /// Likewise, because its pool has more members than it needs.
  void retire_if_idle(std::uint64_t handled);

  void set_error_handler(error_handler handler);
  void describe_by(std::function<std::string(worker&)> what);
  [[nodiscard]] std::string description();

  /// A stretch of entries that run in this thread, one after the other.
  class turn {
  public:
    explicit turn(incarnation& self) noexcept;
    ~turn();
    turn(const turn&) = delete;
    turn& operator=(const turn&) = delete;

  private:
    friend class incarnation;
    incarnation* before_;
    watchdog::record* watched_;
    entry_watcher* watcher_; ///< null: nobody records
  };

  /// Runs one entry; an exception ends only that entry and is reported (rule W-41).
  void run(entry& what, const turn& in);

  /// Reports the exception being handled to exactly one handler (rule W-40), with the place where
  /// the task was given, or with another label. The label is made here, because making it may fail.
  void report_current_exception(const std::source_location& given_at) noexcept;
  void report_current_exception(const char* label) noexcept;

  /// The incarnation whose entry this thread is running, or null. @context any thread
  [[nodiscard]] static incarnation* current() noexcept;

private:
  struct variable {
    std::string name;
    const std::type_info* type;
    std::unique_ptr<variable_box> box;
  };

  /// What few need; an idle worker of which there are many has none.
  struct extras {
    std::vector<std::shared_ptr<resident>> residents;
    error_handler on_error;
    std::function<std::string(worker&)> description;
    std::vector<std::weak_ptr<ticker>> tickers;
    std::vector<std::weak_ptr<watch_core>> watches;
    std::size_t asks = 0; ///< whose answers are to come
  };
  [[nodiscard]] extras& more();
  /// Whether what it began can still bring it something.
  [[nodiscard]] bool has_ties() const;
  /// Whether it has run nothing since, and nothing is to come.
  [[nodiscard]] bool is_idle_since(std::uint64_t handled) const;
  /// What its supervision makes of the exception being handled.
  void failed();

  void report_exception(const char* label, const std::source_location* given_at) noexcept;
  void destroy_variables() noexcept;
  void end_resident(resident& who, end_reason why);

  worker_system& system_;
  const std::shared_ptr<slot>& where_; ///< of the actor
  worker_number number_;
  worker place_;
  std::optional<end_reason> ending_;
  std::vector<variable> variables_;
  std::unique_ptr<extras> more_;
  std::shared_ptr<nap> nap_; ///< if it may be passivated, from the first time it is idle
};

} // namespace callsign::detail
