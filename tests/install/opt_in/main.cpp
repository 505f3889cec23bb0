#include <callsign/native/caf.hpp>
#include <callsign/native/json.hpp>
#include <callsign/testkit/virtual_clock.hpp>
#include <callsign/version.hpp>

#include <iostream>

int main() {
  const auto heard = callsign::native::json_of(callsign::message{R"({"name": "ana"})"});
  const auto sent = callsign::native::message_of({{"hello", heard.at("name")}});
  if (sent.text() != R"({"hello":"ana"})")
    return 1;
  std::cout << "callsign " << callsign::version << "\n";
}
