// Something that blocks, behind a worker with a thread of its own; all access is by ask, so nobody
// needs a lock and nobody else waits.

#include <callsign/workers.hpp>

#include <filesystem>
#include <fstream>
#include <iostream>
#include <stdexcept>
#include <string>

namespace {

/// Lines in a file, on a disk that may be slow. One thread at a time.
class archive {
public:
  void open(const std::filesystem::path& where) {
    file_.open(where, std::ios::in | std::ios::out | std::ios::trunc);
    if (!file_)
      throw std::runtime_error("cannot open " + where.string());
  }
  int add(const std::string& line) {
    file_ << line << std::endl;
    return ++lines_;
  }

private:
  std::fstream file_;
  int lines_ = 0;
};

constexpr callsign::process_variable<archive> ARCHIVE{"ARCHIVE"};

} // namespace

int main() {
  callsign::workers workers;
  workers.hire("Archive", callsign::runs_on::own_thread);

  const auto where = std::filesystem::temp_directory_path() / "callsign-archive.txt";
  workers.ask("Archive", [where](callsign::worker& self) { self[ARCHIVE].open(where); }).get();

  // A worker of the pool asks with a continuation and goes on.
  workers.call("Clerk", [](callsign::worker& self) {
    self.ask(
        "Archive",
        [](callsign::worker& there) { return there[ARCHIVE].add("signed by " + there.name()); },
        [](callsign::worker& clerk, callsign::answer<int> got) {
          if (got)
            std::cout << "line " << *got << '\n';
          else
            std::cerr << got.why().message() << '\n';
          clerk.set().interrupt();
        });
  });
  workers.wait_for_interrupt();
}
