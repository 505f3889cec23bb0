/// \file
/// The rules of names, numbers and mailboxes once more, in the simplest form: what a set of workers
/// must answer to, operation by operation.
#pragma once

#include <callsign/workers.hpp>

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace callsign::tests {

/// What a task of the fuzz does when it runs.
enum class deed { nothing, kills_itself, calls_itself, kills_and_calls_itself, throws };

/// What became of a task.
struct fate {
  enum class kind { pending, ran, dropped, refused };
  kind is = kind::pending;
  worker_number in = 0; ///< where it ran
  drop_reason why{};    ///< why it was dropped
  call_result answer{}; ///< what its caller was told

  friend bool operator==(const fate&, const fate&) = default;
};

/// The model. It knows nothing of threads, locks, actors or batches, but for one thing: what a
/// worker without a limit has taken in one grip is no longer in its mailbox.
/// @source the outcome table of the 4D rules, section 1.6
class name_model {
public:
  struct mail {
    int id;
    deed does;
  };
  struct name_state {
    enum class phase { vacant, alive, killed, aborted };
    phase is = phase::vacant;
    worker_number number = 0;
    std::uint64_t incarnation = 0;
    std::optional<runs_on> kind; ///< none: nobody has mentioned the name
    std::optional<runs_on> next_kind;
    bool next_is_wanted = false;
    mailbox_limit limit;
    std::deque<mail> hand, mailbox, next;
    std::uint64_t failed = 0;
    std::uint64_t rejected = 0;

    [[nodiscard]] std::size_t waiting() const {
      return is == phase::vacant ? 0 : hand.size() + mailbox.size() + next.size();
    }
  };

  explicit name_model(worker_number first) : next_number_{first} {}

  std::map<std::string, name_state> names;
  std::vector<fate> fates;
  std::uint64_t dead_letters = 0;
  bool is_shut = false;

  [[nodiscard]] int new_id() {
    fates.emplace_back();
    return static_cast<int>(fates.size()) - 1;
  }

  /// `sender` is the number of the worker that calls, or 0.
  call_result call(const std::string& name, mail what, worker_number sender) {
    auto& who = mentioned(name, runs_on::pool);
    if (is_shut)
      return refuse(what, call_result::shutting_down);
    const bool is_ending = who.is == name_state::phase::killed;
    if (is_ending && sender == who.number && sender != 0)
      return refuse(what, call_result::killed_itself);
    if (const auto verdict = full(who, is_ending ? who.next : who.mailbox))
      return refuse(what, *verdict);
    (is_ending ? who.next : who.mailbox).push_back(what);
    if (who.is != name_state::phase::vacant)
      return call_result::queued;
    begin(who);
    return call_result::created;
  }

  call_result call(worker_number number, mail what) {
    auto* who = holder(number);
    if (who == nullptr)
      return refuse(what, is_shut ? call_result::shutting_down : call_result::no_such_worker);
    if (is_shut)
      return refuse(what, call_result::shutting_down);
    if (who->is != name_state::phase::alive)
      return refuse(what, call_result::no_such_worker);
    if (const auto verdict = full(*who, who->mailbox))
      return refuse(what, *verdict);
    who->mailbox.push_back(what);
    return call_result::queued;
  }

  void kill(const std::string& name) {
    if (const auto found = names.find(name); found != names.end())
      kill(found->second, true);
  }
  void kill(worker_number number) {
    if (auto* who = holder(number))
      kill(*who, false);
  }

  void abort(const std::string& name) {
    const auto found = names.find(name);
    if (found != names.end() && found->second.is == name_state::phase::alive)
      found->second.is = name_state::phase::aborted;
  }

  /// False: it lives, and runs elsewhere.
  bool hire(const std::string& name, runs_on where) {
    auto& who = mentioned(name, where);
    switch (who.is) {
    case name_state::phase::alive: return *who.kind == where;
    case name_state::phase::vacant:
      who.next_kind = where;
      begin(who);
      return true;
    case name_state::phase::killed:
    case name_state::phase::aborted:
      who.next_kind = where;
      who.next_is_wanted = true;
      return true;
    }
    return true;
  }

  void limit(const std::string& name, mailbox_limit to) {
    mentioned(name, runs_on::pool).limit = to;
  }

  /// Whether that worker has something to do: an entry (`true`) or its end (`false`).
  [[nodiscard]] std::optional<bool> next_step(const std::string& name) const {
    const auto found = names.find(name);
    if (found == names.end() || found->second.is == name_state::phase::vacant)
      return std::nullopt;
    const auto& who = found->second;
    if (who.is != name_state::phase::alive)
      return false;
    return who.hand.empty() && who.mailbox.empty() ? std::nullopt : std::optional{true};
  }

  void step(const std::string& name) {
    auto& who = names.at(name);
    if (who.is != name_state::phase::alive) {
      end(who);
      return;
    }
    grip(who);
    const auto one = who.hand.front();
    who.hand.pop_front();
    fates[static_cast<std::size_t>(one.id)] = {.is = fate::kind::ran, .in = who.number};
    const auto self = who.number;
    if (one.does == deed::kills_itself || one.does == deed::kills_and_calls_itself)
      kill(self);
    if (one.does == deed::calls_itself || one.does == deed::kills_and_calls_itself)
      call(name, {new_id(), deed::nothing}, self);
    who.failed += one.does == deed::throws ? 1 : 0;
    // It looks for more at once.
    if (who.is == name_state::phase::alive)
      grip(who);
  }

  /// The whole set ends, to the last worker.
  void shut() {
    is_shut = true;
    for (auto& [name, who] : names) {
      for (auto* from : {&who.next, &who.mailbox, &who.hand})
        drop(*from, drop_reason::shutting_down);
      who.is = name_state::phase::vacant;
      who.number = 0;
    }
  }

private:
  name_state& mentioned(const std::string& name, runs_on where) {
    auto& who = names[name];
    if (!who.kind)
      who.kind = where;
    return who;
  }

  name_state* holder(worker_number number) {
    for (auto& [name, who] : names) {
      if (number != 0 && who.number == number)
        return &who;
    }
    return nullptr;
  }

  /// Takes what the worker takes at once, if it has nothing in hand: all, or one of a mailbox that
  /// has a limit.
  static void grip(name_state& who) {
    if (!who.hand.empty() || who.mailbox.empty())
      return;
    if (who.limit.most == 0) {
      who.hand.swap(who.mailbox);
    } else {
      who.hand.push_back(who.mailbox.front());
      who.mailbox.pop_front();
    }
  }

  void begin(name_state& who) {
    who.is = name_state::phase::alive;
    who.number = next_number_++;
    ++who.incarnation;
    if (who.next_kind)
      who.kind = std::exchange(who.next_kind, std::nullopt);
    who.next_is_wanted = false;
  }

  void kill(name_state& who, bool by_name) {
    switch (who.is) {
    case name_state::phase::vacant: return;
    case name_state::phase::killed:
      if (by_name) {
        drop(who.next, drop_reason::killed);
        who.next_is_wanted = false;
      }
      return;
    case name_state::phase::alive:
    case name_state::phase::aborted:
      drop(who.mailbox, drop_reason::killed);
      if (by_name)
        who.next_is_wanted = false;
      who.is = name_state::phase::killed;
      return;
    }
  }

  void end(name_state& who) {
    if (who.is == name_state::phase::killed) {
      drop(who.hand, drop_reason::killed);
    } else {
      for (auto* from : {&who.mailbox, &who.hand}) {
        who.next.insert(who.next.begin(), from->begin(), from->end());
        from->clear();
      }
    }
    who.is = name_state::phase::vacant;
    who.number = 0;
    if (who.next.empty() && !who.next_is_wanted)
      return;
    who.mailbox.swap(who.next);
    begin(who);
  }

  std::optional<call_result> full(name_state& who, std::deque<mail>& box) {
    if (who.limit.most == 0 || box.size() < who.limit.most)
      return std::nullopt;
    switch (who.limit.then) {
    case when_full::drop_newest: return call_result::dropped;
    case when_full::drop_oldest: {
      std::deque<mail> oldest{box.front()};
      box.pop_front();
      drop(oldest, drop_reason::overflow);
      return std::nullopt;
    }
    case when_full::reject:
    case when_full::block: break;
    }
    ++who.rejected;
    return call_result::mailbox_full;
  }

  void drop(std::deque<mail>& from, drop_reason why) {
    for (const auto& one : from)
      fates[static_cast<std::size_t>(one.id)] = {.is = fate::kind::dropped, .why = why};
    dead_letters += from.size();
    from.clear();
  }

  call_result refuse(const mail& what, call_result answer) {
    fates[static_cast<std::size_t>(what.id)] = {.is = fate::kind::refused, .answer = answer};
    dead_letters += answer == call_result::mailbox_full ? 0 : 1;
    return answer;
  }

  worker_number next_number_;
};

} // namespace callsign::tests
