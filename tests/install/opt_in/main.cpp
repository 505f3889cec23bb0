#include <callsign/native/caf.hpp>
#include <callsign/native/json.hpp>
#include <callsign/testkit/virtual_clock.hpp>
#include <callsign/version.hpp>

#include <iostream>

int main() { std::cout << "callsign " << callsign::version << "\n"; }
