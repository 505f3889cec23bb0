// A worker that fails now and then, and is restarted; another one watches it.

#include <callsign/workers.hpp>

#include <chrono>
#include <iostream>
#include <stdexcept>
#include <tuple>

namespace {

using namespace std::chrono_literals;

constexpr callsign::process_variable<int> readings{"readings"};

/// A sensor that loses its line at every third reading.
void read_sensor(callsign::worker& self) {
  if (++self[readings] == 3)
    throw std::runtime_error("the line is lost");
  std::cout << "reading " << self[readings] << '\n';
}

} // namespace

int main() {
  callsign::workers workers;
  workers.hire("Sensor", {.on_start = [](callsign::worker& self) {
                 std::cout << self.name() << " opens its line\n";
               }});
  workers.supervise("Sensor", {.on_failure = callsign::failure_rule::restart,
                               .most = 3,
                               .within = 1min,
                               .pause = {.first = 50ms, .longest = 1s}});

  workers.call("Desk", [](callsign::worker& self) {
    std::ignore = self.watch("Sensor", [](callsign::worker& desk, const callsign::worker_end& end) {
      std::cout << end.name << ' ' << to_string(end.why) << ": " << end.what << '\n';
      desk.set().call("Sensor", [](callsign::worker& sensor) {
        std::cout << "life " << sensor.set().info(sensor.number())->incarnation << '\n';
        sensor.set().interrupt();
      });
    });
    for (int n = 0; n < 5; ++n)
      self.call("Sensor", &read_sensor);
  });
  workers.wait_for_interrupt();
}
