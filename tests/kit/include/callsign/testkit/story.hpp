/// \file
/// Stories: clients and sentences, no mail, no sockets, no time that passes by itself.
#pragma once

#include <callsign/testkit/client.hpp>
#include <callsign/testkit/promises.hpp>
#include <callsign/testkit/world.hpp>

#include <callsign/net.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <source_location>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace callsign::testkit::memory {
class backend;
}

namespace callsign::testkit {

/// How a stage is set.
struct stage_options {
  schedule order_of_steps = {};
  std::size_t io_threads = 2;
  std::size_t max_buffered_bytes = 256 * 1024 * 1024;
  /// A web server that listens from the beginning.
  bool has_web_server = true;
  /// What `joins` asks for.
  std::string url = "/chat";
  workers_options workers = {};
  /// Records what happens, as a server does.
  record_options record = {};
  /// A verb behind which more is left to do than so many steps fails: the program does not rest.
  std::size_t max_steps = scheduler::default_limit;
};

/// A whole program behind a door without sockets: workers, a network, a web server, and clients.
/// Everything goes through the real turns, lanes, actors and outboxes; only the sockets, the
/// threads and the clock are the kit's.
///
/// At its end (or by `ends`) it is stopped as a signal would stop it, and its books are checked: no
/// session, connection actor, member, seat or buffered byte is left, and every count agrees with
/// what the clients saw.
///
/// Ends before the handlers that a test keeps on its own stack should end: declare it after them.
///
/// @context one thread
class stage {
public:
  using where = std::source_location;

  explicit stage(stage_options options = {});
  ~stage();
  stage(const stage&) = delete;
  stage& operator=(const stage&) = delete;

  // -- the program --------------------------------------------------------------------------------

  [[nodiscard]] testkit::world& world() noexcept;
  [[nodiscard]] callsign::workers& workers() noexcept;
  [[nodiscard]] callsign::network& network() noexcept;
  /// The first web server. @errors fails and throws `std::logic_error` if there is none
  [[nodiscard]] callsign::web_server& web(where at = where::current());
  [[nodiscard]] counter_values counters();

  /// The process variable in which `serves` keeps its servers, by their paths.
  using shelf = std::vector<std::pair<std::string, websocket_server>>;
  static constexpr process_variable<shelf> servers{"servers"};

  /// Makes a server in that worker and keeps it in a process variable, as a program would.
  server_ref serves(std::shared_ptr<server_handler> handler, server_options options = {},
                    std::string_view worker = "WebSocketServer", where at = where::current());
  /// Clears the variable that holds the server on that path.
  void clears(std::string_view path, std::string_view worker = "WebSocketServer",
              where at = where::current());

  // -- what happens -------------------------------------------------------------------------------

  client joins(where at = where::current());
  client joins_as(visitor who, where at = where::current());
  void calls(std::string_view worker, task what, where at = where::current());
  void kills(std::string_view worker, where at = where::current());
  void aborts(std::string_view worker, where at = where::current());
  /// Lets time pass, and everything happen that becomes due by it, each at its time.
  void passes(std::chrono::nanoseconds time, where at = where::current());

  /// What is done in here is done at once: nothing runs until its end, and then everything, in the
  /// order of the schedule.
  template <class Deeds>
  void at_once(Deeds&& deeds, where at = where::current()) {
    hold();
    std::forward<Deeds>(deeds)();
    release(at);
  }
  /// Within `at_once`: up to so much time may pass at any moment, as a step like all others, each
  /// time until something becomes due. Fails elsewhere.
  void time_may_pass(std::chrono::nanoseconds most, where at = where::current());
  /// Runs so many steps and no more, so that the rest of the story happens in the middle of
  /// something.
  void after_steps(std::size_t count);

  // -- what must be true --------------------------------------------------------------------------

  /// The next error that came to the general error handler of the workers.
  void reports(std::string_view part_of_text, where at = where::current());
  /// From now on, what clients say and hear is written down.
  void watches_promises(promise_options what = {});
  /// Nothing of what `promises` says is broken, in all that was written down.
  void keeps_its_promises(where at = where::current());
  /// Nothing is left to run, no client heard anything that was not asked for, nothing was reported,
  /// and the books are in order.
  void all_is_quiet(where at = where::current());
  /// Ends the program in order and checks the books for the last time. Again: nothing.
  void ends(where at = where::current());

  // -- for failures -------------------------------------------------------------------------------

  /// The last steps of the conversation, in lines.
  [[nodiscard]] std::string last_steps() const;
  /// What the network has logged.
  [[nodiscard]] const std::vector<std::string>& log() const;
  void settle(where at = where::current());
  /// For the kit itself: called after every step, with the door.
  void after_each_step(std::function<void(memory::backend&)> what);

private:
  void hold();
  void release(where at);

  class scene;
  std::unique_ptr<scene> scene_;
};

/// The fixture of a story. A test that takes a schedule of its own makes a `stage` instead.
class story : public testing::Test, public stage {
public:
  explicit story(stage_options options = {}) : stage{std::move(options)} {}

protected:
  void TearDown() override { ends(); }
};

} // namespace callsign::testkit
