// A database behind a worker with a thread of its own. SQLite blocks and its connection belongs to
// one thread at a time; here nobody else can reach it, and all access is by ask.

#include <callsign/workers.hpp>

#include <sqlite3.h>

#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

/// One connection. One thread at a time.
class library {
public:
  void open(const std::string& file) {
    sqlite3* opened = nullptr;
    const int code = sqlite3_open(file.c_str(), &opened);
    db_.reset(opened);
    check(code);
    run("CREATE TABLE IF NOT EXISTS book (title TEXT UNIQUE, year INTEGER)", {});
  }
  void add(const std::string& title, int year) {
    run("INSERT INTO book VALUES (?1, ?2)", {title, std::to_string(year)});
  }
  std::vector<std::string> titles_before(int year) {
    return run("SELECT title FROM book WHERE year < ?1 + 0 ORDER BY year", {std::to_string(year)});
  }

private:
  struct close {
    void operator()(sqlite3* db) const { sqlite3_close(db); }
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };

  /// Answers the first column.
  std::vector<std::string> run(const char* sql, const std::vector<std::string>& values) {
    sqlite3_stmt* made = nullptr;
    check(sqlite3_prepare_v2(db_.get(), sql, -1, &made, nullptr));
    const std::unique_ptr<sqlite3_stmt, close> statement{made};
    for (std::size_t i = 0; i < values.size(); ++i) {
      check(sqlite3_bind_text(made, static_cast<int>(i) + 1, values[i].c_str(), -1,
                              SQLITE_TRANSIENT));
    }
    std::vector<std::string> column;
    int code = sqlite3_step(made);
    for (; code == SQLITE_ROW; code = sqlite3_step(made))
      column.emplace_back(reinterpret_cast<const char*>(sqlite3_column_text(made, 0)));
    if (code != SQLITE_DONE)
      check(code);
    return column;
  }
  void check(int code) const {
    if (code != SQLITE_OK)
      throw std::runtime_error(sqlite3_errmsg(db_.get()));
  }

  std::unique_ptr<sqlite3, close> db_;
};

constexpr callsign::process_variable<library> LIBRARY{"LIBRARY"};

} // namespace

int main() {
  callsign::workers workers;
  workers.hire("Library", callsign::runs_on::own_thread);
  workers.ask("Library", [](callsign::worker& self) { self[LIBRARY].open(":memory:"); }).get();

  // Who needs no answer calls; the worker's error handler hears of what goes wrong.
  workers.call("Library", [](callsign::worker& self) { self[LIBRARY].add("Solaris", 1961); });
  workers.call("Library", [](callsign::worker& self) { self[LIBRARY].add("Ubik", 1969); });

  // A worker of the pool asks with a continuation, and goes on meanwhile.
  workers.call("Clerk", [](callsign::worker& self) {
    self.ask(
        "Library", [](callsign::worker& there) { return there[LIBRARY].titles_before(1965); },
        [](callsign::worker&, callsign::answer<std::vector<std::string>> got) {
          if (!got)
            std::cerr << got.why().message() << '\n';
          else
            std::cout << got->size() << " book before 1965\n";
        });
    // What SQLite refuses is an answer, too.
    self.ask(
        "Library", [](callsign::worker& there) { there[LIBRARY].add("Ubik", 1969); },
        [](callsign::worker& clerk, callsign::answer<void> got) {
          std::cout << (got ? "added twice" : got.why().remedy) << '\n';
          clerk.set().interrupt();
        });
  });
  workers.wait_for_interrupt(); // the connection is closed in its own thread, with the worker
}
