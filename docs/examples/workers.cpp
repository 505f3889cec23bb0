// What docs/workers.md shows, piece by piece. Compiled, not run; the whole programs there are
// counter.cpp and its neighbours.

#include <callsign/guarded.hpp>
#include <callsign/one_shot_signal.hpp>
#include <callsign/topic.hpp>
#include <callsign/workers.hpp>

#include <chrono>
#include <iostream>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

// [structure]
struct customer {
  std::string name;
  std::optional<int> year_of_birth;
};

template <>
constexpr auto callsign::structure_of<customer> =
    callsign::structure("customer", callsign::field{"name", &customer::name},
                        callsign::field{"year of birth", &customer::year_of_birth});
// [structure] end

namespace pieces {

using namespace std::chrono_literals;

namespace {

constexpr callsign::process_variable<std::vector<std::string>> titles{"titles"};
constexpr callsign::process_variable<int> polls{"polls"};

} // namespace

void ask_and_wait(callsign::workers& workers) {
  // [ask-wait]
  auto coming = workers.ask("Library", [](callsign::worker& self) { return self[titles].size(); });
  std::cout << coming.get() << " books\n"; // waits, at most 5 s
  // [ask-wait] end
}

void ask_without_exceptions(callsign::workers& workers) {
  // [ask-result]
  auto got = workers
                 .ask("Library", [](callsign::worker& self) { return self[titles].front(); },
                      {.within = 200ms})
                 .result();
  if (got)
    std::cout << *got << '\n';
  else if (got.why().code == callsign::errc::answer_late)
    std::cerr << got.why().message() << '\n';
  // [ask-result] end
}

void ask_and_go_on(callsign::workers& workers) {
  // [ask-then]
  workers.call("Reader", [](callsign::worker& self) {
    self.ask(
        "Library", [](callsign::worker& library) { return library[titles]; },
        [](callsign::worker& reader, callsign::answer<std::vector<std::string>> got) {
          if (got)
            reader[titles] = std::move(*got);
        });
  });
  // [ask-then] end
}

void methods(callsign::workers& workers) {
  // [define]
  workers.define("import", [](callsign::worker& self, const std::string& file, int from_line) {
    std::cout << self.name() << " reads " << file << " from line " << from_line << '\n';
  });
  workers.define("count", [](callsign::worker& self) { return self[titles].size(); });
  // [define] end
  // [call-method]
  workers.call("Importer", "import", "orders.csv", 1);
  // [call-method] end
  // [ask-method]
  const auto books = workers.ask("Library", workers.method<std::size_t>("count")).get();
  workers.call_every(1h, "Importer", workers.method("import", "orders.csv", 1));
  // [ask-method] end
  std::cout << books << '\n';
  workers.define("greet", [](const customer& who) { std::cout << "Hello " << who.name << '\n'; });
  workers.call("Greeter", "greet", customer{"Ana", 1990});
}

void timers(callsign::workers& workers) {
  // [timers]
  workers.call("Probe", [](callsign::worker& self) {
    self.after(500ms, [] { std::cout << "half a second later\n"; });
    self.every(1s, [](callsign::worker& probe) { ++probe[polls]; });
    self.every(
        10s, [] { std::cout << "ten seconds after the end of the last time\n"; },
        callsign::pace::fixed_delay);
  });
  // [timers] end
}

void cancel(callsign::workers& workers) {
  // [cancel]
  const callsign::timer nightly = workers.call_every(24h, "Cleaner", [] { /* … */ });
  nightly.cancel();
  // [cancel] end
}

void later(callsign::workers& workers) {
  // [call-after]
  workers.call_after(2s, "Greeter", [] { std::cout << "hello\n"; });
  // [call-after] end
}

void limits(callsign::workers& workers) {
  // [limit]
  workers.limit("Importer", {.most = 1000, .then = callsign::when_full::reject});
  if (workers.call("Importer", [] { /* … */ }) == callsign::call_result::mailbox_full)
    std::cerr << "come back later\n";
  // [limit] end
}

void lengths(callsign::workers& workers) {
  // [waiting]
  if (workers.waiting("Importer") > 100)
    std::cerr << "the importer is behind\n";
  workers.call_existing("Importer", [](callsign::worker& self) { self.kill(); });
  // [waiting] end
}

void signals(callsign::workers& workers) {
  // [signal]
  const callsign::one_shot_signal done{"import"};
  const callsign::guarded<int> imported;
  workers.call("Importer", [done, imported] {
    imported.set(1234);
    done.trigger();
  });
  if (done.wait(30s))
    std::cout << imported.copy() << " lines\n";
  // [signal] end
}

void topics(callsign::workers& workers) {
  // [topic]
  const callsign::topic<std::string> weather{"weather"};
  workers.call("Umbrella", [weather](callsign::worker& self) {
    weather.subscribe(self, [](callsign::worker& umbrella, const std::string& what) {
      if (what == "rain")
        std::cout << umbrella.name() << " opens\n";
    });
  });
  weather.publish("rain");
  // [topic] end
}

void look(callsign::workers& workers) {
  // [list]
  for (const auto& one : workers.list()) {
    if (one.oldest_waits > 5s)
      std::cerr << one.name << " is behind: " << one.waiting << " wait; it runs " << one.running
                << '\n';
  }
  // [list] end
  // [dead-letters]
  workers.on_dead_letter([](const callsign::dead_letter& what) {
    std::cerr << what.kind << " given at " << what.label << " for \"" << what.worker
              << "\" is lost\n";
  });
  std::cerr << workers.dead_letters(callsign::drop_reason::killed) << " were killed\n";
  // [dead-letters] end
  // [trace]
  workers.on_trace([](const callsign::trace_line& line) { std::cerr << line.in_words() << '\n'; });
  workers.trace("Importer", callsign::tracing::on);
  // Importer (7): task given at shop.cpp:42 by 3, waited 80 us, ran 1200 us
  workers.trace("Importer", callsign::tracing::off);
  // [trace] end
}

void watches(callsign::workers& workers) {
  // [watch]
  workers.call("Desk", [](callsign::worker& self) {
    const auto watched =
        self.watch("Printer", [](callsign::worker& desk, const callsign::worker_end& end) {
          std::cout << desk.name() << ": " << end.name << ' ' << to_string(end.why) << '\n';
        });
    self.after(1h, [watched] { watched.cancel(); });
  });
  // [watch] end
}

void waits_for_an_end(callsign::workers& workers) {
  // [await-end]
  workers.kill("Importer");
  if (const auto end = workers.await_end("Importer", 10s))
    std::cout << end->name << ' ' << to_string(end->why) << '\n';
  // [await-end] end
}

void groups(callsign::workers& workers) {
  // [group]
  workers.supervise_group("Import", {"Reader", "Parser", "Writer"},
                          {.which = callsign::restarts::rest_for_one,
                           .most = 10,
                           .within = 1min,
                           .giving_up = callsign::failure_rule::escalate});
  // [group] end
}

void drains(callsign::workers& workers) {
  // [drain]
  workers.hire("Disk",
               {.where = callsign::runs_on::own_thread, .at_stop = callsign::when_stopped::drain});
  // [drain] end
}

} // namespace pieces
