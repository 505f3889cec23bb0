/// \file
/// What decides about a worker, or a group of them, when a task has thrown.
#pragma once

#include "actors/src/slot.hpp"
#include "actors/src/timers.hpp"

#include <callsign/supervision.hpp>

#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace callsign::detail {

class worker_system;

/// Belongs to one name, or to a group of names. It decides under its own lock, under which it takes
/// those of the slots, and acts after that.
/// @context any thread, except where said
class supervisor final : public std::enable_shared_from_this<supervisor> {
public:
  struct plan {
    std::string who; ///< `worker "bob"` or `group "Import"`
    bool is_group = false;
    failure_rule on_failure = failure_rule::restart;
    restarts which = restarts::one_for_one;
    std::size_t most = 0;
    std::chrono::nanoseconds within{0};
    back_off pause;
    failure_rule giving_up = failure_rule::stop;
  };
  /// The slots are the directory's, which outlives whoever asks a supervisor.
  supervisor(worker_system& system, plan how, std::vector<std::weak_ptr<slot>> members);

  /// A task of a member has thrown. @context the member, in the task
  void failed(const std::shared_ptr<slot>& who, worker_number number, const std::string& what);
  /// An incarnation of a member has ended. @context the member's actor, as its last act
  void has_ended(const slot& who);

private:
  /// Those that begin together.
  class pause;

  void restart(const std::shared_ptr<slot>& who, worker_number number, const std::string& what);
  void escalate(const std::shared_ptr<slot>& who, worker_number number, const std::string& what);
  void give_up(const std::shared_ptr<slot>& who, worker_number number, const std::string& what);
  /// `worker "bob" of group "Import" failed (what)`
  [[nodiscard]] std::string in_words(const slot& who, const std::string& what) const;
  /// All that are supervised here still, in order.
  [[nodiscard]] std::vector<std::shared_ptr<slot>> members() const;
  /// Which begin anew, in order.
  [[nodiscard]] std::vector<std::shared_ptr<slot>> chosen(const std::shared_ptr<slot>& who) const;
  /// After the last of those failures that count.
  [[nodiscard]] std::chrono::nanoseconds next_pause() const;
  /// Ends those members for good, the last first, as failed.
  void end(const std::vector<std::shared_ptr<slot>>& whom, const slot& because,
           const std::string& what);

  worker_system& system_;
  const plan plan_;
  const std::vector<std::weak_ptr<slot>> members_;
  std::mutex lock_;
  std::deque<std::chrono::steady_clock::time_point> failures_; ///< those that count
  std::vector<std::shared_ptr<pause>> pauses_;                 ///< that somebody has yet to reach
};

} // namespace callsign::detail
