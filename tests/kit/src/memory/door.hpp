/// \file
/// The door without sockets: I/O threads whose turns, flushes and facts are steps of the scheduler.
#pragma once

#include "net/src/door/door.hpp"
#include "net/src/rules/frame_decoder.hpp"
#include "tests/kit/src/memory/sound.hpp"
#include "tests/kit/src/memory/transcript.hpp"

#include <callsign/testkit/scheduler.hpp>
#include <callsign/testkit/virtual_clock.hpp>

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace callsign::testkit::memory {

class backend;
class thread;

/// What a chart calls an I/O thread.
[[nodiscard]] inline std::string lane_of(std::size_t io_thread) {
  return "I/O thread " + std::to_string(io_thread);
}

/// How a line fails between a client that speaks in bytes and the server.
struct transport {
  /// So many bytes of what the client says at a time; nothing: as many as one thing has.
  std::optional<std::size_t> bytes_at_once = std::nullopt;
  /// Behind so many of its bytes the line breaks …
  std::optional<std::size_t> breaks_behind = std::nullopt;
  /// … or nothing comes any more.
  std::optional<std::size_t> stalls_behind = std::nullopt;
  /// The read, or the write, of that number fails; the first one is 0.
  std::optional<std::size_t> failing_read = std::nullopt;
  std::optional<std::size_t> failing_write = std::nullopt;
};

/// One client's line: its end in the client's hand and its end in the server. The server's end
/// keeps to the letter of `door::session`, and says so when the other side of the door does not.
///
/// @context one thread
class line final : public door::session {
public:
  line(thread& here, std::shared_ptr<door::front_desk> desk, request asked, std::string name);

  // -- the client's end ---------------------------------------------------------------------------

  void say(message_kind kind, std::string bytes) {
    send({item::kind::message, kind, 0, std::move(bytes)});
  }
  /// A part of a message; what `say` says next completes it.
  void begin_to_say(std::string bytes) {
    send({item::kind::part, message_kind::text, 0, std::move(bytes)});
  }
  void ping(std::string payload) {
    send({item::kind::ping, message_kind::text, 0, std::move(payload)});
  }
  /// Bytes that break RFC 6455.
  void break_protocol() { send({item::kind::nonsense, message_kind::text, 0, {}}); }
  /// A Close frame; code 0: without one.
  void close(int code, std::string reason);
  /// The line breaks, and the server's side notices.
  void vanish();
  /// The line breaks, and nobody notices: what is written goes nowhere, nothing comes any more.
  void fall_silent();
  /// Never answers a Close.
  void ignore_close();
  /// So many bytes more may be written to this client; nothing: as many as there are.
  void set_room(std::optional<std::size_t> bytes);
  /// The same, without a word in the transcript: what a slow reader does again and again.
  void renew_room(std::size_t bytes);
  [[nodiscard]] bool has_no_room() const noexcept { return room_ == std::size_t{0}; }
  /// From now on what the client says travels as the bytes of frames, and is read as such.
  void speak_in_bytes(const transport& how) {
    if (!transport_)
      transport_ = how;
  }
  std::size_t bytes_said = 0; ///< that were read, of a client that speaks in bytes
  std::size_t reads = 0;      ///< likewise
  std::size_t writes = 0;     ///< by which something was written
  std::size_t bytes_heard = 0;

  std::deque<sound> heard;       ///< and not asked for yet
  std::size_t pings = 0;         ///< answered by themselves
  std::optional<sound> farewell; ///< the Close that answered ours
  std::size_t data_frames = 0;   ///< that came out of the line, heard or not

  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  [[nodiscard]] const std::string& url() const noexcept { return asked_.url; }
  [[nodiscard]] const std::string& head() const noexcept { return hearing_.head(); }
  [[nodiscard]] thread& where() const noexcept { return here_; }
  [[nodiscard]] bool is_over() const noexcept { return is_over_; }
  [[nodiscard]] bool is_admitted() const noexcept { return is_admitted_; }
  [[nodiscard]] bool is_paused() const noexcept { return is_paused_; }
  [[nodiscard]] bool has_ear() const noexcept { return ear_ != nullptr; }
  [[nodiscard]] bool is_stalled() const noexcept { return room_.has_value(); }
  /// What the server's end has not written yet.
  [[nodiscard]] std::size_t unwritten() const;

  // -- steps of the server's end ------------------------------------------------------------------

  /// The fact that comes next, in words; nothing if there is none.
  [[nodiscard]] std::optional<std::string> next_fact() const;
  void tell_fact();
  void flush();
  /// The whole network ends.
  void cut_at_the_end();
  bool is_dirty = false;

  // -- door::session ------------------------------------------------------------------------------

  void admit(const door::admission_terms& terms) override;
  void refuse(int status, std::string_view why) override;
  void mark_dirty() override;
  void pause_reading() override;
  void resume_reading() override;
  void settle() override;
  void drop() override;

private:
  struct item {
    enum class kind : std::uint8_t { message, part, ping, pong, close, nonsense, hang_up };
    kind what;
    message_kind type;
    int code;
    std::string bytes;
    [[nodiscard]] std::string in_words() const;
  };

  void send(item what);
  void hear(sound what);
  /// For who watches promises.
  void note(const item& what) const;
  void note(const sound& what) const;
  [[nodiscard]] bool may_command(const char* which) const;
  [[nodiscard]] bool sees_hang_up() const;
  [[nodiscard]] bool is_held_back() const;
  void arrive();
  void read(item what);
  void read_data(item what);
  void read_close(const item& what);
  /// The same for a client that speaks in bytes; see bytes.cpp.
  void read_bytes();
  void decode(std::string bytes);
  [[nodiscard]] bool breaks_at(const std::optional<std::size_t>& number, std::size_t now);
  void fail(door::end_cause how, close_code code, std::string_view why);
  /// What the client said before is still answered, within a bound; then our Close.
  void conclude(door::end_facts how, std::string close_frame);
  void say_close();
  void end(door::end_facts how);
  void patience_is_over();
  void report(std::string text);
  void watch_message(bool is_on);

  thread& here_;
  std::shared_ptr<door::front_desk> desk_;
  request asked_;
  std::string name_;
  std::shared_ptr<door::ear> ear_;
  door::admission_terms terms_;
  std::deque<item> to_server_;
  hearing hearing_;
  std::optional<std::size_t> room_;
  std::optional<transport> transport_;
  rules::frame_decoder decoder_;
  std::string under_way_; ///< bytes that are not read yet
  std::size_t reassembled_ = 0;
  std::size_t fragments_said_ = 0;
  std::string partial_;
  std::size_t fragments_ = 0;
  rules::wheel_timer message_timer_;
  rules::duration message_left_{};
  rules::wheel_timer patience_;
  std::optional<door::end_facts> ready_to_end_;
  std::optional<door::end_facts>
      conclusion_; ///< nothing more is read; our Close goes out, and then this is told
  std::string close_frame_;
  bool is_close_said_ = false;
  bool is_asked_ = false;
  bool is_admitted_ = false;
  bool is_paused_ = false;
  bool is_over_ = false;
  bool has_closed_ = false; ///< the client has sent its Close
  bool has_hung_up_ = false;
  bool is_silent_ = false;
  bool answers_close_ = true;
};

/// An I/O thread that is none.
class thread final : public door::io_thread {
public:
  thread(backend& all, std::size_t index, virtual_clock& clock);

  [[nodiscard]] std::size_t index() const noexcept override { return index_; }
  void post_turn() override { is_turn_posted = true; }
  void set_target(door::turn_target* what) override { target_ = what; }
  [[nodiscard]] rules::timer_wheel& timers() override { return wheel_; }
  [[nodiscard]] door::time_point now() const noexcept override { return clock_.now(); }
  void flush_dirty() override;
  void post(std::function<void()> what) override { posted.push_back(std::move(what)); }
  [[nodiscard]] std::size_t session_count() const noexcept override;

  void run_turn();
  void add_dirty(line& what) { dirty.push_back(&what); }
  [[nodiscard]] backend& all() const noexcept { return all_; }
  [[nodiscard]] bool has_due_timers() const;

  bool is_turn_posted = false;
  std::deque<std::function<void()>> posted;
  std::vector<line*> dirty;

private:
  backend& all_;
  const std::size_t index_;
  virtual_clock& clock_;
  rules::timer_wheel wheel_;
  door::turn_target* target_ = nullptr;
};

/// A web server that listens to clients in memory.
class service final : public door::web_service {
public:
  service(backend& all, std::uint16_t port, std::shared_ptr<door::front_desk> desk)
      : all_{all}, port_{port}, desk_{std::move(desk)} {}

  [[nodiscard]] std::uint16_t port() const noexcept override { return port_; }
  [[nodiscard]] std::vector<std::string> urls() const override {
    return {"http://127.0.0.1:" + std::to_string(port_) + "/"};
  }
  void stop_listening() override { is_listening_ = false; }
  void when_drained(std::function<void()> done) override;

  [[nodiscard]] bool is_listening() const noexcept { return is_listening_; }
  [[nodiscard]] const std::shared_ptr<door::front_desk>& desk() const noexcept { return desk_; }

private:
  backend& all_;
  const std::uint16_t port_;
  std::shared_ptr<door::front_desk> desk_;
  bool is_listening_ = true;
};

/// The in-memory twin of the sockets. Its steps, thread by thread: a posted function, a fact of
/// each line, the turn, the flush, timers that are due.
///
/// @context one thread
class backend final : public door::backend, public step_source {
public:
  backend(scheduler& steps, virtual_clock& clock, std::size_t threads,
          std::shared_ptr<transcript> spoken);
  ~backend() override;

  /// A client dials. Null if nobody listens on that port; 0: whoever listens.
  std::shared_ptr<line> dial(std::uint16_t port, request asked, std::string name,
                             std::optional<std::size_t> on);

  [[nodiscard]] const std::vector<std::shared_ptr<line>>& lines() const noexcept { return lines_; }
  [[nodiscard]] transcript& spoken() const noexcept { return *spoken_; }
  void forget(const line& what);
  /// Data frames that were heard by lines which are gone.
  std::size_t data_frames_heard = 0;
  /// Complaints about the other side of the door.
  std::vector<std::string> complaints;

  // -- door::backend ------------------------------------------------------------------------------

  [[nodiscard]] const std::vector<door::io_thread*>& threads() const noexcept override {
    return faces_;
  }
  void start() override { is_started_ = true; }
  [[nodiscard]] std::shared_ptr<door::web_service> listen(const web_server_options& how,
                                                          std::shared_ptr<door::front_desk> desk,
                                                          std::vector<error>& errors) override;
  bool stop(door::time_point deadline) override;

  // -- step_source --------------------------------------------------------------------------------

  [[nodiscard]] std::size_t ready() const override { return all_ready().size(); }
  void run(std::size_t which) override;
  [[nodiscard]] std::string describe(std::size_t which) const override;
  [[nodiscard]] std::string lane(std::size_t which) const override;
  [[nodiscard]] thread_part part(std::size_t which) const override;
  [[nodiscard]] footprint touches(std::size_t which) const override;
  [[nodiscard]] std::optional<std::chrono::steady_clock::time_point> next_due() const override;

private:
  struct step {
    enum class kind : std::uint8_t { posted, fact, turn, flush, timers };
    kind what;
    thread* where;
    std::shared_ptr<line> whose;
  };
  [[nodiscard]] std::vector<step> all_ready() const;

  scheduler& steps_;
  std::shared_ptr<transcript> spoken_;
  std::vector<std::unique_ptr<thread>> threads_;
  std::vector<door::io_thread*> faces_;
  std::vector<std::weak_ptr<service>> services_;
  std::vector<std::shared_ptr<line>> lines_; ///< that live, in the order they came
  std::uint16_t next_port_ = 50'000;
  std::size_t next_thread_ = 0;
  bool is_started_ = false;
};

} // namespace callsign::testkit::memory
