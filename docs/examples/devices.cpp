// A worker for each device, found by the device's name: whoever hears of it calls, and nobody keeps
// a list.

#include <callsign/workers.hpp>

#include <iostream>
#include <string>

namespace {

struct device {
  int readings = 0;
  double highest = 0;
};

constexpr callsign::process_variable<device> DEVICE{"DEVICE"};

/// What happens at a device happens in its worker, one thing after the other.
void note_reading(callsign::worker& self, double degrees) {
  auto& mine = self[DEVICE];
  if (++mine.readings == 1) {
    self.describe_by([](callsign::worker& here) {
      const auto& now = here[DEVICE];
      return callsign::to_json({callsign::value::structure{
          {"readings", {std::int64_t{now.readings}}}, {"highest", {now.highest}}}});
    });
  }
  if (degrees > mine.highest) {
    mine.highest = degrees;
    if (degrees > 90)
      self.call("Alarm", "too hot", self.name(), degrees);
  }
}

} // namespace

int main() {
  callsign::workers workers;
  workers.define("reading", note_reading);
  workers.define("too hot", [](const std::string& where, double degrees) {
    std::cout << where << " has " << degrees << " degrees\n";
  });

  for (int reading = 1; reading <= 3; ++reading) {
    for (int number = 1; number <= 1000; ++number)
      workers.call("device " + std::to_string(number), "reading", number / 100.0 * reading);
  }
  workers.call("device 7", "reading", 97.5);

  const std::string state = workers.describe("device 7").get(); // after its readings
  workers.ask("Alarm", [] {}).get();                            // what came before it has run
  std::cout << state << '\n';                                   // {"highest":97.5,"readings":4}
}
