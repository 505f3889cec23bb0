// A pool of importers with progress. Each file is one call, the pool grows while they pile up, and
// files of one customer keep their order.

#include <callsign/one_shot_signal.hpp>
#include <callsign/workers.hpp>

#include <chrono>
#include <iostream>
#include <string>

namespace {

using namespace std::chrono_literals;

constexpr int files = 20;
constexpr callsign::process_variable<int> DONE{"DONE"};
constexpr callsign::process_variable<int> LINES{"LINES"};

} // namespace

int main() {
  callsign::workers workers;
  const callsign::one_shot_signal finished{"all files are imported"};

  workers.define("import", [](callsign::worker& self, const std::string& customer, int file) {
    int lines = 0;
    for (; lines < 100 && !self.is_end_requested(); ++lines) {
      // … one line of the file
    }
    self.call("Progress", "imported", customer, file, lines);
  });
  workers.define("imported", [finished](callsign::worker& self, const std::string& customer,
                                        int file, int lines) {
    self[LINES] += lines;
    std::cout << 100 * ++self[DONE] / files << " %: file " << file << " of " << customer << '\n';
    if (self[DONE] == files)
      finished.trigger();
  });

  workers.hire_pool("Importers", {.least = 2, .most = 8, .grow_at = 4});
  for (int file = 1; file <= files; ++file) {
    const std::string customer = file % 2 == 0 ? "Ana" : "Bob";
    workers.call(callsign::keyed{"Importers", customer}, "import", customer, file);
  }

  if (!finished.wait(30s))
    std::cerr << workers.waiting("Importers") << " files still wait\n";
  std::cout << workers.ask("Progress", [](callsign::worker& self) { return self[LINES]; }).get()
            << " lines\n"; // 2000 lines
}
