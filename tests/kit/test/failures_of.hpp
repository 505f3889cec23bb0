/// \file
/// What a broken test would have said.
#pragma once

#include <gtest/gtest-spi.h>
#include <gtest/gtest.h>

#include <source_location>
#include <string>

namespace callsign::testkit {

/// What went wrong while something was running: the texts and the lines.
class failures_of {
public:
  template <class F>
  explicit failures_of(F what) {
    testing::ScopedFakeTestPartResultReporter reporter{
        testing::ScopedFakeTestPartResultReporter::INTERCEPT_ONLY_CURRENT_THREAD, &results_};
    what();
  }
  [[nodiscard]] int count() const { return results_.size(); }
  [[nodiscard]] std::string text() const {
    return count() == 0 ? "" : results_.GetTestPartResult(0).message();
  }
  [[nodiscard]] std::string file() const {
    return count() == 0 ? "" : results_.GetTestPartResult(0).file_name();
  }
  [[nodiscard]] int line() const {
    return count() == 0 ? 0 : results_.GetTestPartResult(0).line_number();
  }

private:
  testing::TestPartResultArray results_;
};

constexpr int this_line(std::source_location here = std::source_location::current()) {
  return static_cast<int>(here.line());
}

} // namespace callsign::testkit
