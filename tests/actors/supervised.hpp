/// \file
/// Workers whose tasks throw, and whom a test watches.
#pragma once

#include <callsign/testkit/world.hpp>
#include <callsign/workers.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace callsign::tests {

using namespace std::chrono_literals;

constexpr process_variable<int> COUNT{"COUNT"};
/// A rest of one second.
constexpr back_off steady{.first = 1s, .longest = 1s, .growth = 1, .jitter = 0};

/// What workers say, and what an operator is warned of.
class Supervision : public testing::Test, public testkit::world {
protected:
  Supervision() {
    workers().on_error([](const task_error&) {});
    workers().on_warning([this](const std::string& what) { warnings.push_back(what); });
  }
  static task fails() {
    return [] { throw std::runtime_error("boom"); };
  }
  task says(std::string text) {
    return [this, text = std::move(text)](worker& self) {
      said.push_back(text + " in " + std::to_string(self.set().info(self.number())->incarnation) +
                     " after " + std::to_string(self[COUNT]++));
    };
  }
  worker_hook starts() {
    return [this](worker& self) { said.push_back(self.name() + " starts"); };
  }
  std::optional<worker_info> info_of(std::string_view name) {
    for (auto& one : workers().list()) {
      if (one.name == name)
        return one;
    }
    return std::nullopt;
  }
  void time_passes(std::chrono::nanoseconds how_much) {
    clock().advance(std::chrono::duration_cast<std::chrono::steady_clock::duration>(how_much));
    run();
  }

  std::vector<std::string> said;
  std::vector<std::string> warnings;
};

} // namespace callsign::tests
