/// \file
/// Publish and subscribe.
#pragma once

#include <callsign/workers.hpp>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <source_location>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace callsign {

namespace detail {

/// One subscription, whatever the topic. The worker that subscribed owns it.
class membership {
public:
  membership() = default;
  membership(const membership&) = delete;
  membership& operator=(const membership&) = delete;
  virtual ~membership() = default;
  std::atomic<bool> is_active{true};
};

inline constexpr process_variable<std::vector<std::shared_ptr<membership>>> memberships{
    "callsign.memberships"};

} // namespace detail

/// The address of a subscription. It may be let go; the subscription lasts as long as the
/// incarnation that made it.
/// @context any thread
class subscription {
public:
  subscription() noexcept = default;
  explicit subscription(std::weak_ptr<detail::membership> what) noexcept : what_{std::move(what)} {}

  /// Nothing is heard after this in the worker that subscribed, not even what waits in its mailbox
  /// already. Again does nothing.
  void cancel() const {
    if (const auto member = what_.lock())
      member->is_active = false;
  }
  [[nodiscard]] bool is_active() const {
    const auto member = what_.lock();
    return member != nullptr && member->is_active;
  }

private:
  std::weak_ptr<detail::membership> what_;
};

/// What is published here, everybody who has subscribed hears. Copies are the same topic: it is an
/// address.
///
/// @context any thread
/// @order   what one thread or worker publishes arrives everywhere in that order; what several
/// publish may arrive in another order at each subscriber
template <class Message>
class topic {
public:
  using listener = std::function<void(worker&, const Message&)>;

  explicit topic(std::string name = {}) : shared_{std::make_shared<shared>(std::move(name))} {}

  [[nodiscard]] const std::string& name() const noexcept { return shared_->name; }

  /// From now on this worker hears what is published, as calls of its own, in turn with its tasks,
  /// until its incarnation ends or the subscription is cancelled.
  /// @context the worker that subscribes
  /// @errors  `std::invalid_argument`: an empty listener
  subscription subscribe(worker& self, listener hears) const {
    if (!hears)
      throw std::invalid_argument("the subscription to \"" + name() + "\" has nothing to run");
    const auto made = std::make_shared<member>(shared_, self, std::move(hears));
    auto& mine = self[detail::memberships];
    std::erase_if(mine, [](const auto& one) { return !one->is_active; });
    mine.push_back(made);
    {
      const std::scoped_lock guard{shared_->lock};
      shared_->members.push_back(made);
    }
    return subscription{made};
  }

  /// Calls everybody who has subscribed. Answers how many took it: a mailbox may be full.
  std::size_t publish(Message what,
                      std::source_location where = std::source_location::current()) const {
    const auto said = std::make_shared<const Message>(std::move(what));
    std::size_t taken = 0;
    for (const auto& one : shared_->active_members()) {
      const auto result = one->set.call(one->number, delivery{one, said}, where);
      taken += result == call_result::queued ? 1 : 0;
    }
    return taken;
  }

  [[nodiscard]] std::size_t subscribers() const { return shared_->active_members().size(); }

private:
  struct shared;

  struct member final : detail::membership {
    member(std::shared_ptr<shared> where, worker& self, listener what)
        : in{std::move(where)}, set{self.set()}, number{self.number()}, hears{std::move(what)} {}
    const std::shared_ptr<shared> in;
    workers& set;
    const worker_number number;
    const listener hears;
  };

  /// In a mailbox it keeps nobody alive: the subscription ends with the worker.
  struct delivery {
    std::weak_ptr<member> to;
    std::shared_ptr<const Message> said;
    void operator()(worker& self) const {
      if (const auto one = to.lock(); one != nullptr && one->is_active)
        one->hears(self, *said);
    }
  };

  struct shared {
    explicit shared(std::string text) : name{std::move(text)} {}
    std::vector<std::shared_ptr<member>> active_members() {
      std::vector<std::shared_ptr<member>> all;
      const std::scoped_lock guard{lock};
      std::erase_if(members, [&](const std::weak_ptr<member>& one) {
        auto known = one.lock();
        const bool goes = known == nullptr || !known->is_active;
        if (!goes)
          all.push_back(std::move(known));
        return goes;
      });
      return all;
    }
    const std::string name;
    std::mutex lock;
    std::vector<std::weak_ptr<member>> members;
  };

  std::shared_ptr<shared> shared_;
};

} // namespace callsign
