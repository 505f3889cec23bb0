#include <callsign/version.hpp>
#include <callsign/workers.hpp>

#include <iostream>

int main() {
  std::cout << "callsign " << callsign::version << "\n";
}
