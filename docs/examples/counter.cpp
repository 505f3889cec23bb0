// The smallest program with a worker: a counter that four threads share without a lock.

#include <callsign/workers.hpp>

#include <iostream>
#include <thread>
#include <vector>

namespace {

constexpr callsign::process_variable<int> COUNT{"COUNT"};

} // namespace

int main() {
  callsign::workers workers;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&workers] {
        for (int n = 0; n < 1000; ++n)
          workers.call("Counter", [](callsign::worker& self) { ++self[COUNT]; });
      });
    }
  }
  std::cout << workers.ask("Counter", [](callsign::worker& self) { return self[COUNT]; }).get()
            << '\n'; // 4000
}
