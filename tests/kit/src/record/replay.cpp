// Runs a program again with what a recording says, in its order.

#include "net/src/bridge/network_core.hpp"
#include "net/src/rules/url.hpp"
#include "tests/kit/src/memory/transcript.hpp"
#include "tests/kit/src/record/notes.hpp"
#include "tests/kit/src/record/replay_door.hpp"

#include <callsign/testkit/world.hpp>

#include <algorithm>
#include <array>
#include <map>
#include <utility>

namespace callsign::testkit {

namespace {

using command = record::line::command;
using spoken = rules::spoken;

/// A timer fires when the recording shows what it did, and this much too late or too early at most:
/// wheels turn in ticks, and threads are not always on time.
constexpr std::chrono::milliseconds slack{150};

std::string in_words(const spoken& what) {
  switch (what.what) {
  case spoken::kind::text: return memory::in_quotes(what.bytes);
  case spoken::kind::binary: return memory::in_hex(what.bytes);
  case spoken::kind::goodbye:
    return "goodbye " + std::to_string(what.code) +
           (what.bytes.empty() ? "" : " " + memory::in_quotes(what.bytes));
  default: return "nonsense";
  }
}

std::string in_words(const command& what) {
  switch (what.what) {
  case command::kind::answered: return "is answered with HTTP " + std::to_string(what.status);
  case command::kind::admitted:
    return "is admitted" + (what.text.empty() ? "" : " and speaks " + what.text);
  case command::kind::refused:
    return "is refused with HTTP " + std::to_string(what.status) +
           (what.text.empty() ? "" : " " + memory::in_quotes(what.text));
  case command::kind::dropped: return "is cut off";
  }
  return "nothing";
}

std::string in_words(const scheduler::waiting& what) {
  std::string words = "a " + std::string{to_string(what.kind)};
  if (what.client != 0)
    return words + " of " + name_of_client(what.client);
  return what.where.empty() ? words : words + " given at " + what.where;
}

/// "chat.cpp" of "chat.cpp:42".
std::string_view file_of(std::string_view label) { return label.substr(0, label.rfind(':')); }

door::end_cause cause_of(std::string_view word) {
  constexpr std::array<std::pair<std::string_view, door::end_cause>, 7> all{
      {{"closed", door::end_cause::closed},
       {"protocol_error", door::end_cause::protocol_error},
       {"invalid_utf8", door::end_cause::invalid_utf8},
       {"message_too_big", door::end_cause::message_too_big},
       {"too_many_fragments", door::end_cause::too_many_fragments},
       {"message_late", door::end_cause::message_late},
       {"dropped", door::end_cause::dropped}}};
  const auto found = std::ranges::find(all, word, [](const auto& one) { return one.first; });
  return found == all.end() ? door::end_cause::line_lost : found->second;
}

request request_of(const note& what) {
  request asked;
  asked.url = what.text("url");
  const auto question = asked.url.find('?');
  const auto path = std::string_view{asked.url}.substr(0, question);
  asked.path = rules::decode_path(path).value_or(std::string{path});
  if (question != std::string::npos)
    asked.query = rules::parse_query(std::string_view{asked.url}.substr(question + 1));
  asked.remote_address = what.text("from");
  asked.remote_port = static_cast<std::uint16_t>(what.number("port"));
  asked.subprotocols = what.texts("subprotocols");
  const auto headers = what.texts("headers");
  for (std::size_t i = 0; i + 1 < headers.size(); i += 2)
    asked.headers.add(headers[i], headers[i + 1]);
  return asked;
}

/// @context one thread
class replayer {
public:
  replayer(const recording::parts& what, const application& with) : what_{what} {
    network_options io{.io_threads = what.io_threads,
                       .max_buffered_bytes = what.max_buffered_bytes,
                       .log = [](log_level, std::string_view) {}};
    if (what.seed != 0)
      world_.workers().system().draw_from(what.seed);
    world_.workers().on_error([this](const task_error& e) {
      spoken_.add_of(spoken_.program, "worker \"" + e.worker + "\" reports: " + e.what);
    });
    auto core = std::make_shared<detail::network_core>(
        world_.workers().system(), std::move(io),
        [this](std::size_t threads, io_backend, const std::shared_ptr<door::ledger>&) {
          auto made = std::make_unique<record::backend>(world_.steps(), world_.clock(), threads);
          door_ = made.get();
          return made;
        });
    network_ = std::make_unique<callsign::network>(std::move(core));
    for (std::size_t i = 0; i < what_.notes.size(); ++i) {
      const note& one = what_.notes[i];
      if (one.what() != "runs" || one.client() == 0)
        continue;
      if (const auto kind = one.text("kind"); kind == "requested")
        decided_[one.client()].requested = i;
      else if (kind == "closed")
        decided_[one.client()].closed = i;
    }
    world_.steps().while_ending([this] { return plays_one(); });
    running_ = with.starts(world_.workers(), *network_);
  }

  std::optional<script_failure> run() {
    settle();
    // Behind `stops`, the end of the workers plays on; see `while_ending`.
    while (!is_stopping_ && plays_one()) {
    }
    if (!is_stopping_)
      end();
    return std::move(failure_);
  }

private:
  // -- the order of things ------------------------------------------------------------------------

  /// False: there is nothing more to play; everybody has been let go.
  bool plays_one() {
    if (failure_ || next_ == what_.notes.size()) {
      if (!std::exchange(is_let_go_, true))
        door_->lets_go();
      return false;
    }
    const note& now = what_.notes[next_++];
    here_ = &now;
    time_to(begin_ + now.time() - slack);
    play(now);
    return true;
  }

  void end() {
    is_stopping_ = true;
    world_.workers().stop();
    running_.reset();
  }

  /// Everything but what workers do.
  void settle() {
    do {
      world_.steps().run_due_timers();
    } while (world_.steps().run_one_other());
  }

  void time_to(std::chrono::steady_clock::time_point when) {
    for (;;) {
      const auto there = door_->next_due();
      const auto here = world_.steps().next_timer();
      const auto next = there && here ? std::min(*there, *here) : there ? there : here;
      if (!next || *next > when)
        break;
      world_.clock().advance_to(*next);
      settle();
    }
    world_.clock().advance_to(when);
    settle();
  }

  /// Whether it is so, now or when it is a little later.
  template <class Condition>
  bool comes(Condition is_so) {
    if (is_so())
      return true;
    time_to(begin_ + here_->time() + slack);
    return is_so();
  }

  void diverges(const std::string& expected, const std::string& instead) {
    if (!failure_)
      failure_ = {what_.file, here_->line,
                  "here the recording has: " + expected + "\nbut now: " + instead + spoken_.last()};
  }

  // -- one line of the recording ------------------------------------------------------------------

  void play(const note& now) {
    const auto what = now.what();
    if (what == "runs")
      return runs(now);
    if (what == "notices_end")
      return notices_end(now);
    if (what == "takes")
      return takes(now);
    if (what == "stops")
      return end();
    if (what == "asks")
      return asks(now);
    if (now.client() == 0)
      return; // it ends, or is full
    auto* const who = door_->find(now.client());
    if (who == nullptr)
      return diverges(name_of_client(now.client()) + " does or hears something",
                      "it is not there any more");
    if (what == "says" || what == "reads" || what == "closing" || what == "impatient" ||
        what == "ended")
      fact(*who, now);
    else if (what == "hears")
      hears(*who, now);
    else
      commanded(*who, now);
  }

  void runs(const note& now) {
    auto& steps = world_.steps();
    const auto worker = now.text("worker");
    const auto place = [&]() -> std::optional<std::size_t> {
      const auto all = steps.waiting_for(worker);
      const auto find = [&](auto is_it) -> std::optional<std::size_t> {
        const auto found = std::ranges::find_if(all, is_it);
        if (found == all.end())
          return std::nullopt;
        return static_cast<std::size_t>(found - all.begin());
      };
      const auto is_kind = [&](const scheduler::waiting& one) {
        return to_string(one.kind) == now.text("kind") && one.client == now.client();
      };
      const auto label = now.text("given");
      auto found = find([&](const auto& one) { return is_kind(one) && one.where == label; });
      // Lines move from version to version, and ours mean nothing to a reader.
      if (!found)
        found = find(
            [&](const auto& one) { return is_kind(one) && file_of(one.where) == file_of(label); });
      return found;
    };
    if (!comes([&] { return steps.next_of(worker) != mail::end && place().has_value(); })) {
      const auto all = steps.waiting_for(worker);
      std::string instead = all.empty() ? "nothing waits for it" : "there waits ";
      for (std::size_t i = 0; i < all.size() && i < 5; ++i)
        instead += (i == 0 ? "" : ", ") + in_words(all[i]);
      return diverges("worker \"" + worker + "\" handles " + expected_of(now), instead);
    }
    steps.prepone(worker, *place());
    steps.run_one_of(worker);
    settle();
    const auto gone = ended_undecided_.find(now.client());
    if (gone != ended_undecided_.end() && now.text("kind") == "requested") {
      ends(*door_->find(now.client()), *gone->second);
      ended_undecided_.erase(gone);
    }
  }

  /// A client went while nobody had decided about it, and the worker came first all the same: it
  /// decided before the connection's actor heard of the end.
  [[nodiscard]] bool is_decided_later(std::uint32_t client) const {
    const auto found = decided_.find(client);
    return found != decided_.end() && found->second.requested >= next_ &&
           found->second.closed >= next_;
  }

  void ends(record::line& who, const note& now) {
    spoken_.add_of(name_of_client(now.client()), "is gone (" + now.text("cause") + ")");
    who.end({cause_of(now.text("cause")), static_cast<std::uint16_t>(now.number("code")),
             now.text("reason")});
    settle();
    door_->forget(now.client());
  }

  static std::string expected_of(const note& now) {
    const std::string words = "a " + now.text("kind");
    return now.client() != 0 ? words + " of " + name_of_client(now.client())
                             : words + " given at " + now.text("given");
  }

  void notices_end(const note& now) {
    const auto worker = now.text("worker");
    if (!comes([&] { return world_.steps().next_of(worker) == mail::end; }))
      return diverges("worker \"" + worker + "\" notices that it was killed or aborted",
                      "nobody has ended it");
    world_.steps().run_one_of(worker);
    settle();
  }

  void takes(const note& now) {
    const auto index = now.number("io");
    network_->core()
        ->turn(index % what_.io_threads)
        .shared_lane()
        ->take_at_most(now.number("count"));
    door_->at(index).turn();
    settle();
  }

  void asks(const note& now) {
    spoken_.add(name_of_client(now.client()) + " -> joins " + now.text("url"));
    if (door_->ask(now.client(), now.number("web"), now.number("io"), request_of(now)) == nullptr)
      return diverges(name_of_client(now.client()) + " joins", "nobody listens");
    settle();
  }

  void fact(record::line& who, const note& now) {
    const auto what = now.what();
    if (who.ear() == nullptr)
      return diverges(name_of_client(now.client()) + " goes on", "it was not let in");
    if (what == "says") {
      const auto bytes = now.message();
      spoken_.add(name_of_client(now.client()) + " -> " +
                  (now.is_text() ? memory::in_quotes(bytes) : memory::in_hex(bytes)));
      who.ear()->heard();
      who.ear()->received(
          {message{now.is_text() ? message_kind::text : message_kind::binary, bytes}});
    } else if (what == "reads") {
      who.ear()->heard();
    } else if (what == "closing") {
      who.closes();
    } else if (what == "impatient") {
      who.push_own_close();
    } else if (is_decided_later(now.client())) {
      ended_undecided_[now.client()] = &now;
    } else {
      return ends(who, now);
    }
    settle();
  }

  void hears(record::line& who, const note& now) {
    const auto name = name_of_client(now.client());
    const bool is_goodbye = now.has("goodbye");
    const spoken expected{is_goodbye      ? spoken::kind::goodbye
                          : now.is_text() ? spoken::kind::text
                                          : spoken::kind::binary,
                          static_cast<int>(now.number("goodbye")),
                          is_goodbye ? now.text("reason") : now.message(), 0};
    std::optional<spoken> heard;
    bool is_told = comes([&] {
      heard = who.hears_next();
      return heard.has_value();
    });
    // What had not come to the line then when its client went may have come now.
    while (is_told && is_goodbye && who.is_closing() && heard->what != spoken::kind::goodbye) {
      heard = who.hears_next();
      is_told = heard.has_value();
    }
    if (!is_told && is_goodbye && who.is_closing())
      return who.push_own_close(); // the session did not wait any longer for the answers
    if (!is_told)
      return diverges(name + " hears " + in_words(expected), "it hears nothing");
    heard->bytes = what_.hides.text(heard->bytes);
    spoken_.add(name + " <- " + in_words(*heard));
    if (is_goodbye && heard->what == expected.what && who.is_close_its_own())
      return; // the client's own code comes back, or what it did wrong
    if (heard->what != expected.what || heard->code != expected.code ||
        heard->bytes != expected.bytes)
      diverges(name + " hears " + in_words(expected), "it hears " + in_words(*heard));
  }

  void commanded(record::line& who, const note& now) {
    const auto name = name_of_client(now.client());
    const auto what = now.what();
    command expected{command::kind::dropped, static_cast<int>(now.number("status")), {}};
    if (what == "admitted")
      expected = {command::kind::admitted, 0, now.text("subprotocol")};
    else if (what == "refused")
      expected = {command::kind::refused, expected.status, now.text("why")};
    else if (what == "answered")
      expected = {command::kind::answered, expected.status, {}};
    if (!comes([&] { return !who.commands.empty(); }))
      return diverges(name + ' ' + in_words(expected), "it waits");
    auto now_commanded = std::move(who.commands.front());
    who.commands.pop_front();
    if (now_commanded.what == command::kind::admitted)
      now_commanded.text = what_.hides.header("Sec-WebSocket-Protocol", now_commanded.text);
    spoken_.add_of(name, in_words(now_commanded));
    if (now_commanded.what != expected.what || now_commanded.status != expected.status ||
        now_commanded.text != expected.text)
      diverges(name + ' ' + in_words(expected), "it " + in_words(now_commanded));
  }

  const recording::parts& what_;
  world world_;
  const std::chrono::steady_clock::time_point begin_ = world_.clock().now() + slack;
  memory::transcript spoken_;
  record::backend* door_ = nullptr; ///< owned by the network
  std::unique_ptr<callsign::network> network_;
  std::shared_ptr<void> running_;
  std::size_t next_ = 0;
  std::map<std::uint32_t, const note*> ended_undecided_;
  /// Where the worker decides about a client, and where it hears of its end; zero: nowhere.
  struct decision {
    std::size_t requested = 0;
    std::size_t closed = 0;
  };
  std::map<std::uint32_t, decision> decided_;
  const note* here_ = nullptr;
  bool is_stopping_ = false;
  bool is_let_go_ = false;
  std::optional<script_failure> failure_;
};

} // namespace

std::optional<script_failure> recording::replay(const application& with) const {
  const auto app = with.started_with ? with.started_with(arguments()) : with;
  if (!app.starts)
    return script_failure{parts_->file, 1, "this application cannot be started for a replay"};
  return replayer{*parts_, app}.run();
}

} // namespace callsign::testkit
