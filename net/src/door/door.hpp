/// \file
/// The door between sockets and actors: commands go down, facts come up, work goes in turns.
///
/// `beast/` implements it with sockets, the test kit with memory. `bridge/` stands behind it. Both
/// know only this. Everything of one I/O thread (its sessions, its ears, its timers) is touched by
/// that thread alone, except what says "any thread".
#pragma once

#include "net/src/rules/outbox.hpp"
#include "net/src/rules/timer_wheel.hpp"

#include <callsign/counters.hpp>
#include <callsign/error.hpp>
#include <callsign/message.hpp>
#include <callsign/network.hpp>
#include <callsign/request.hpp>
#include <callsign/web_server.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace callsign::door {

using rules::time_point;

// -- facts: up ------------------------------------------------------------------------------------

/// Why a session ended, as the session saw it.
enum class end_cause : std::uint8_t {
  closed,             ///< the client's Close arrived, before or after ours
  line_lost,          ///< reset, or end of stream without a Close
  protocol_error,     ///< 1002 was sent
  invalid_utf8,       ///< 1007
  message_too_big,    ///< 1009
  too_many_fragments, ///< 1009
  message_late,       ///< 1008: the whole-message deadline passed
  dropped,            ///< `session::drop` was called
};

struct end_facts {
  end_cause cause = end_cause::line_lost;
  /// The code of the client's Close; 0 if it had none or never came.
  std::uint16_t client_code = 0;
  std::string client_reason;
};

/// What hears of one upgraded line, and holds its outbox. Each function is called on the session's
/// I/O thread, from a fresh step, never from inside a command to the session.
class ear {
public:
  virtual ~ear() = default;

  /// Bytes came in, of whatever kind. Called for every read.
  virtual void heard() = 0;
  /// The complete data messages that one read brought, in order; at least one. Text was checked to
  /// be UTF-8.
  virtual void received(std::vector<message>&& all) = 0;
  /// The session has read the client's last message and is about to queue the last Close. True:
  /// everything received was handled, and what was said in answer is in the outbox. False:
  /// `session::settle` says when, and the session waits for it, within a bound.
  [[nodiscard]] virtual bool is_settled() = 0;
  /// The bound has come: the session queues the Close now, and what is said later is dropped.
  virtual void waits_no_longer() {}
  /// The session is over; nothing comes after this, and no command may be given any more.
  virtual void ended(end_facts how) = 0;

  /// What is to be written; the session gathers from it and reports with `written`. Beast's own
  /// control frames go in here too, so that the outbox is the only writer on the line.
  [[nodiscard]] virtual rules::outbox& out() = 0;
  /// The session wrote this many of the outbox's bytes. The ear takes them off the outbox, and
  /// touches no other: those of its neighbours may be on their way in the same system call.
  virtual void written(std::size_t bytes) = 0;
  /// The bytes of the message that is arriving changed by so much (for the process budget).
  virtual void reassembling(std::ptrdiff_t more) = 0;
};

// -- commands: down -------------------------------------------------------------------------------

/// The terms on which an upgrade is granted.
struct admission_terms {
  std::string subprotocol; ///< one of the client's offers, or empty
  std::size_t max_message_bytes = 0;
  std::size_t max_fragments = 0;
  std::chrono::milliseconds message_deadline{0};
  bool must_be_utf8 = false; ///< binary messages too (data type text)
};

/// One line that asked for an upgrade. @context its I/O thread
class session {
public:
  virtual ~session() = default;

  /// Puts the 101 into the ear's outbox and begins to read. The ear must have output marked dirty
  /// as for all output.
  virtual void admit(const admission_terms& terms) = 0;
  /// Answers with this HTTP status and closes. The ear hears `ended` with `dropped`.
  virtual void refuse(int status, std::string_view why) = 0;
  /// The outbox has something to write: written at the end of the turn, with one gathered write.
  virtual void mark_dirty() = 0;
  /// Stops and resumes reading; while stopped the whole-message deadline stands still and a hang-up
  /// is still noticed.
  virtual void pause_reading() = 0;
  virtual void resume_reading() = 0;
  /// The answers to everything that was received are in the outbox; see `ear::is_settled`.
  virtual void settle() = 0;
  /// Cuts the line. `ended` follows, from a fresh step.
  virtual void drop() = 0;

  /// Its number in a recording; 0: there is none.
  [[nodiscard]] virtual std::uint32_t number() const noexcept { return 0; }
};

// -- who decides about requests -------------------------------------------------------------------

class io_thread;

/// What the front desk says to an upgrade request.
struct upgrade_answer {
  enum class kind : std::uint8_t {
    not_ours, ///< no server on that path: ordinary HTTP routing goes on (rule S-25)
    refused,  ///< answered with `status` and `why`; no ear
    waiting,  ///< `hears` decides later, with `session::admit` or `session::refuse`
  };
  kind what = kind::not_ours;
  int status = 0;
  std::string why;
  std::shared_ptr<ear> hears;
};

/// Hears of every well-formed upgrade request of one web server, before any file is looked for
/// (rule H-10).
/// @context any I/O thread
class front_desk {
public:
  virtual ~front_desk() = default;
  /// `from` stays valid until `ended` was reported to the ear. `host` is the Host header.
  virtual upgrade_answer upgrade_asked(session& from, request&& asked, io_thread& here) = 0;
};

// -- threads --------------------------------------------------------------------------------------

/// What a turn does; see `bridge::io_turn`. @context the I/O thread
class turn_target {
public:
  virtual ~turn_target() = default;
  /// Resumes actors, hands out what the lanes brought, resumes those. Sessions are flushed by the
  /// io_thread afterwards. True: more is ready, come again.
  virtual bool on_turn() = 0;
  /// Much was read or written, and now little is: what is kept for more of it may go. `also` gives
  /// back what the allocator keeps for the thread that runs it: for threads of the target's own.
  virtual void burst_is_over(void (*also)() noexcept) noexcept { static_cast<void>(also); }
};

/// One I/O thread.
class io_thread {
public:
  virtual ~io_thread() = default;
  [[nodiscard]] virtual std::size_t index() const noexcept = 0;
  /// Posts one turn, unless one is posted already: `on_turn`, then `flush_dirty`. @context any
  /// thread
  virtual void post_turn() = 0;
  /// Before the first turn. @context before the thread runs
  virtual void set_target(turn_target* what) = 0;
  /// This thread's timers. @context the thread
  [[nodiscard]] virtual rules::timer_wheel& timers() = 0;
  [[nodiscard]] virtual time_point now() const noexcept = 0;
  /// The same within a few milliseconds, never ahead of it, and cheaper.
  [[nodiscard]] virtual time_point about_now() const noexcept { return now(); }
  /// Writes the output of every dirty session, one gathered write each. @context the thread
  virtual void flush_dirty() = 0;
  /// Runs `what` on this thread, soon. @context any thread
  virtual void post(std::function<void()> what) = 0;
  /// No sessions are left on this thread.
  [[nodiscard]] virtual std::size_t session_count() const noexcept = 0;
};

// -- counters and log -----------------------------------------------------------------------------

/// Shared by both sides of the door. @context any thread
class ledger {
public:
  explicit ledger(log_sink log) : log_{std::move(log)} {}
  void count(counter which, std::uint64_t n = 1) noexcept {
    all_[static_cast<std::size_t>(which)].fetch_add(n, std::memory_order_relaxed);
  }
  [[nodiscard]] counter_values values() const noexcept {
    counter_values now;
    for (std::size_t i = 0; i < now.all.size(); ++i)
      now.all[i] = all_[i].load(std::memory_order_relaxed);
    return now;
  }
  /// Control characters in `line` are escaped, so that nothing from outside can forge a line.
  /// What the sink throws is ignored: a line of the log must not cost a connection.
  void log(log_level level, std::string_view line) const noexcept;

private:
  std::array<std::atomic<std::uint64_t>, static_cast<std::size_t>(counter::count_)> all_{};
  log_sink log_;
};

// -- the whole ------------------------------------------------------------------------------------

/// One web server that listens. @context any thread
class web_service {
public:
  virtual ~web_service() = default;
  [[nodiscard]] virtual std::uint16_t port() const noexcept = 0;
  /// "http://127.0.0.1:8080/" for each address.
  [[nodiscard]] virtual std::vector<std::string> urls() const = 0;
  /// Stops listening and accepting at once; upgraded lines stay. Idle lines are closed, requests in
  /// progress finish.
  virtual void stop_listening() = 0;
  /// After `stop_listening`: calls `done`, once, from any thread, when every plain HTTP line of
  /// this service is closed or `stop_deadline` has passed and they were cut. Upgraded sessions are
  /// not waited for.
  virtual void when_drained(std::function<void()> done) = 0;
};

/// Sockets, or memory.
class backend {
public:
  virtual ~backend() = default;
  [[nodiscard]] virtual const std::vector<io_thread*>& threads() const noexcept = 0;
  /// Starts the threads; every target is set. @context once
  virtual void start() = 0;
  /// @errors  all that failed, in `errors`, and null: an address that could not be taken, a root
  /// that is no folder
  [[nodiscard]] virtual std::shared_ptr<web_service> listen(const web_server_options& how,
                                                            std::shared_ptr<front_desk> desk,
                                                            std::vector<error>& errors) = 0;
  /// Cuts every line that is left, runs the threads until they are empty, joins them. False: some
  /// did not end in time.
  virtual bool stop(time_point deadline) = 0;
};

/// Asio and Beast. Defined in `beast/`.
[[nodiscard]] std::unique_ptr<backend> make_socket_backend(std::size_t threads, io_backend how,
                                                           std::shared_ptr<ledger> books);

/// Whether the text is one JSON value of depth 32 at most. Defined in `beast/`, by Boost.JSON.
/// @returns empty, or what is wrong
[[nodiscard]] std::string json_complaint(std::string_view text);

} // namespace callsign::door
