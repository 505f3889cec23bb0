/// \file
/// A whole set of workers in one thread, without time or luck, and the verbs to talk about its
/// mail.
#pragma once

#include <callsign/testkit/scheduler.hpp>
#include <callsign/testkit/virtual_clock.hpp>
#include <callsign/workers.hpp>

#include <cstddef>
#include <memory>
#include <source_location>
#include <string>
#include <string_view>

namespace callsign::testkit {

class world;

/// A task on its way: `inject(task).from("ana").to("bob");`
class [[nodiscard]] injection {
public:
  injection(world& in, task what, std::source_location where)
      : in_{&in}, what_{std::move(what)}, where_{where} {}

  /// The worker that calls; without it, a thread that is no worker does.
  injection from(std::string_view sender) && {
    sender_ = sender;
    return std::move(*this);
  }

  /// Hands the task over and runs it, before anything else that is ready. Fails if it would not be
  /// the receiver's next step, because something else waits there.
  void to(std::string_view receiver) &&;

private:
  world* in_;
  task what_;
  std::source_location where_;
  std::string sender_;
};

/// What `expect` and its kin say about a worker's mail. A sentence that names no sender means
/// anybody's.
class mail_sentence {
public:
  mail_sentence(world& in, mail kind, std::source_location where)
      : in_{&in}, kind_{kind}, where_{where} {}

protected:
  /// Whether the receiver's next step is meant.
  [[nodiscard]] bool is_next(std::string_view receiver) const;
  /// "a task from worker "ana" to worker "bob"".
  [[nodiscard]] std::string in_words(std::string_view receiver) const;
  [[nodiscard]] std::string next_in_words(std::string_view receiver) const;
  void fail(const std::string& text) const;

  world* in_;
  mail kind_;
  std::source_location where_;
  std::string sender_;
};

/// What must come next: `expect(mail::task).from("ana").to("bob");`
class [[nodiscard]] expectation : mail_sentence {
public:
  using mail_sentence::mail_sentence;
  /// The worker that called.
  expectation from(std::string_view sender) && {
    sender_ = sender;
    return std::move(*this);
  }
  /// Runs the receiver's next step, whoever else is ready. Fails, and runs nothing, if it is
  /// another or if the receiver has none.
  void to(std::string_view receiver) &&;
};

/// What may come next: `if (allow(mail::task).to("bob")) …`
class [[nodiscard]] permission : mail_sentence {
public:
  using mail_sentence::mail_sentence;
  permission from(std::string_view sender) && {
    sender_ = sender;
    return std::move(*this);
  }
  /// Runs the receiver's next step if it is this one. True: it did.
  bool to(std::string_view receiver) &&;
};

/// What must not come next: `disallow(mail::task).to("bob");`
class [[nodiscard]] prohibition : mail_sentence {
public:
  using mail_sentence::mail_sentence;
  prohibition from(std::string_view sender) && {
    sender_ = sender;
    return std::move(*this);
  }
  /// Fails if the receiver's next step is of that kind. Runs nothing.
  void to(std::string_view receiver) &&;
};

/// What shall come first: `prepone(mail::task).from("eve").to("bob");`
class [[nodiscard]] preference : mail_sentence {
public:
  using mail_sentence::mail_sentence;
  preference from(std::string_view sender) && {
    sender_ = sender;
    return std::move(*this);
  }
  /// Puts the first such entry before all others in the receiver's mailbox, as if its sender had
  /// been quicker. Runs nothing. Fails if there is none, and where no run could have it so: an
  /// entry never overtakes one of the same sender, nor an end that was asked for.
  void to(std::string_view receiver) &&;
};

/// How a world is made.
struct world_options {
  schedule order_of_steps = {};
  workers_options workers = {};
  /// A run that takes more is one that does not end, and fails.
  std::size_t max_steps = scheduler::default_limit;
};

/// Workers on a deterministic scheduler and a virtual clock. Nothing runs until the test says so;
/// the end of the world ends the workers in order.
///
/// A test fixture, or part of one: `class Calls : public testing::Test, public
/// callsign::testkit::world {};`
///
/// @context the thread of the test
class world {
public:
  explicit world(world_options options = {});
  ~world();
  world(const world&) = delete;
  world& operator=(const world&) = delete;

  [[nodiscard]] virtual_clock& clock() noexcept { return clock_; }
  [[nodiscard]] scheduler& steps() noexcept { return scheduler_; }
  [[nodiscard]] callsign::workers& workers() noexcept { return *workers_; }

  /// A call from a thread that is no worker; it waits until its step is run.
  call_result call(std::string_view name, task what,
                   std::source_location where = std::source_location::current());

  /// Runs everything until nothing is ready; see `scheduler::run_all`.
  std::size_t run(std::source_location where = std::source_location::current());

  /// Calls and runs at once.
  injection inject(task what, std::source_location where = std::source_location::current());
  /// Runs one step, which must be this one.
  expectation expect(mail kind, std::source_location where = std::source_location::current());
  /// Runs one step if it is this one.
  permission allow(mail kind, std::source_location where = std::source_location::current());
  /// Looks at a step and runs nothing.
  prohibition disallow(mail kind, std::source_location where = std::source_location::current());
  /// Changes who comes first and runs nothing.
  preference prepone(mail kind, std::source_location where = std::source_location::current());
  /// Fails if any step is ready, and says which.
  void expect_silence(std::source_location where = std::source_location::current());

private:
  class trace;
  std::unique_ptr<trace> trace_; ///< adds the seed to every failure
  virtual_clock clock_;
  scheduler scheduler_;
  const std::size_t max_steps_;
  std::unique_ptr<callsign::workers> workers_;
};

} // namespace callsign::testkit
