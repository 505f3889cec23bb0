/// \file
/// A call that brings an answer back.
#pragma once

#include <callsign/error.hpp>
#include <callsign/task.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <source_location>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

namespace callsign {

class worker;
enum class call_result;

/// What came of an ask: a value, or the reason why there is none.
///
/// The reasons (`why().code`): `answer_late`, `worker_killed` (also if no thread could be started
/// for it), `worker_aborted`, `worker_failed`, `mailbox_full`, `no_such_worker`, `shutting_down`,
/// and `task_failed` when the question threw.
/// @context a value like any other
template <class T>
class [[nodiscard]] answer {
public:
  using value_type = std::conditional_t<std::is_void_v<T>, std::monostate, T>;

  answer(value_type value) : held_{std::in_place_index<0>, std::move(value)} {}
  answer(error why) : held_{std::in_place_index<1>, std::move(why)} {}

  [[nodiscard]] bool has_value() const noexcept { return held_.index() == 0; }
  [[nodiscard]] explicit operator bool() const noexcept { return has_value(); }

  /// @errors `failure` with the reason, if there is no value
  [[nodiscard]] value_type& value() {
    if (!has_value())
      throw failure{std::get<1>(held_)};
    return std::get<0>(held_);
  }
  [[nodiscard]] value_type& operator*() { return value(); }
  [[nodiscard]] value_type* operator->() { return &value(); }

  /// @errors `std::bad_variant_access` if there is a value
  [[nodiscard]] const error& why() const { return std::get<1>(held_); }

private:
  std::variant<value_type, error> held_;
};

struct ask_options {
  /// How long the answer may take, from the ask on. There is always a limit.
  /// @units more than zero; default 5 s
  std::chrono::nanoseconds within = std::chrono::seconds{5};
};

namespace detail {

class worker_system;
class incarnation;

/// One ask, whatever its answer's type: settled exactly once, by whoever comes first: the answer,
/// an exception, the drop of the question, the deadline, the end of everything.
/// @context any thread, except where said
class ask_core : public std::enable_shared_from_this<ask_core> {
public:
  ask_core();
  ask_core(const ask_core&) = delete;
  ask_core& operator=(const ask_core&) = delete;
  virtual ~ask_core();

  /// Whom to ask: a name, or, if that is empty, a number.
  struct address {
    std::string_view name;
    std::uint64_t number = 0;
    std::optional<std::string_view> key = std::nullopt; ///< of a member of a pool
  };
  /// Hands the question over. `asker` null: somebody will wait for the answer.
  void start(worker_system& system, address whom, task question, ask_options how,
             incarnation* asker, std::source_location where);

  /// False: it is settled, so nobody wants to know any more. @context the worker that is asked
  [[nodiscard]] bool begin() noexcept;
  /// True: the caller has it, and must conclude.
  [[nodiscard]] bool claim() noexcept;
  /// Makes an answer of the exception being handled. False: nobody wants it any more.
  [[nodiscard]] bool answer_with_exception(worker& self);
  void dropped(drop_reason why) noexcept;
  void expire() noexcept;
  void abandon() noexcept;

  /// @context a thread that may wait
  void wait();

protected:
  /// The result is there: wakes who waits.
  void set_ready() noexcept;
  void post_reply(task continuation) const;
  /// Called once, by the one who has claimed it.
  virtual void conclude_with(error why) = 0;

private:
  class limit;
  struct asking;
  enum class state : std::uint8_t { waiting, running, settled };

  void fail(errc code, std::string remedy) noexcept;
  void refused(call_result result) noexcept;
  [[nodiscard]] std::string attempted() const;

  std::atomic<state> state_{state::waiting};
  std::atomic<int> is_ready_{0};
  std::unique_ptr<asking> about_;
};

template <class T>
class ask_state : public ask_core {
public:
  void settle(answer<T> what) {
    if (claim())
      conclude(std::move(what));
  }

protected:
  virtual void conclude(answer<T> what) = 0;
  void conclude_with(error why) final { conclude(answer<T>{std::move(why)}); }
};

/// For those who wait.
template <class T>
class awaited_ask final : public ask_state<T> {
public:
  [[nodiscard]] answer<T> take() {
    this->wait();
    return std::move(*result_);
  }

private:
  void conclude(answer<T> what) override {
    result_.emplace(std::move(what));
    this->set_ready();
  }
  std::optional<answer<T>> result_;
};

/// For workers: what is to be done with the answer runs as an entry of the one that asked.
template <class T, class Then>
class continued_ask final : public ask_state<T> {
public:
  explicit continued_ask(Then then) : then_{std::move(then)} {}

private:
  void conclude(answer<T> what) override {
    this->post_reply([then = std::move(then_), got = std::move(what)](worker& self) mutable {
      then(self, std::move(got));
    });
  }
  Then then_;
};

template <class F>
struct asked_type {
  static auto probe() {
    if constexpr (std::invocable<F&, worker&>) {
      return std::type_identity<std::decay_t<std::invoke_result_t<F&, worker&>>>{};
    } else {
      return std::type_identity<std::decay_t<std::invoke_result_t<F&>>>{};
    }
  }
  using type = typename decltype(probe())::type;
};

/// What the closure answers.
template <class F>
using asked_t = typename asked_type<std::decay_t<F>>::type;

/// The task that carries the question.
template <class T, class F>
struct question {
  std::shared_ptr<ask_state<T>> state;
  F closure;

  void operator()(worker& self) {
    if (!state->begin())
      return;
    try {
      if constexpr (std::is_void_v<T>) {
        run(self);
        state->settle(answer<T>{std::monostate{}});
      } else {
        state->settle(answer<T>{run(self)});
      }
    } catch (...) {
      if (!state->answer_with_exception(self))
        throw;
    }
  }
  void dropped(drop_reason why) noexcept { state->dropped(why); }

private:
  decltype(auto) run(worker& self) {
    if constexpr (std::invocable<F&, worker&>) {
      return std::invoke(closure, self);
    } else {
      return std::invoke(closure);
    }
  }
};

} // namespace detail

/// The answer to come, for a thread that can wait.
///
/// @context one thread at a time; not inside a worker of the pool
template <class T>
class [[nodiscard]] asked {
public:
  explicit asked(std::shared_ptr<detail::awaited_ask<T>> state) : state_{std::move(state)} {}

  /// Waits for the answer, at most until the deadline of the ask. Once.
  /// @errors `failure` with the reason, if there is none
  T get() {
    auto got = result();
    if constexpr (std::is_void_v<T>) {
      static_cast<void>(got.value());
    } else {
      return std::move(got.value());
    }
  }

  /// The same, without an exception.
  answer<T> result() { return std::exchange(state_, nullptr)->take(); }

private:
  std::shared_ptr<detail::awaited_ask<T>> state_;
};

} // namespace callsign
