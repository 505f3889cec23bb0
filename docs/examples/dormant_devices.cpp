// A device per name: a worker for each, as many as there are names, and only those that are busy
// keep anything in memory but their name.

#include <callsign/guarded.hpp>
#include <callsign/workers.hpp>

#include <chrono>
#include <iostream>
#include <map>
#include <string>
#include <tuple>

namespace {

using namespace std::chrono_literals;

constexpr callsign::process_variable<int> total{"total"};

/// What has been saved; a database in earnest.
const callsign::guarded<std::map<std::string, int>> saved;

/// Every life of a device begins with what the one before has saved.
const callsign::hire_options device{
    .idle_after = 200ms,
    .on_start =
        [](callsign::worker& self) {
          self[total] = saved.use([&](auto& all) { return all[self.name()]; });
        },
    .on_passivate =
        [](callsign::worker& self) {
          saved.use([&](auto& all) { all[self.name()] = self[total]; });
        },
};

} // namespace

int main() {
  callsign::workers workers;
  for (int n = 1; n <= 1000; ++n)
    workers.hire("Device " + std::to_string(n), device);

  workers.call("Device 7", [](callsign::worker& self) { self[total] += 40; });
  std::ignore = workers.await_end("Device 7", 5s); // it has been idle, and is passivated
  std::cout << workers
                   .ask("Device 7",
                        [](callsign::worker& self) {
                          return self[total] += 2; // a new life, and the old total
                        })
                   .get()
            << '\n'; // 42
}
