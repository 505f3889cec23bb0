#include "app/program/bad_argument.hpp"
#include "app/program/log_book.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <unistd.h>
#include <vector>

namespace {

using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::MatchesRegex;

class LogBook : public testing::Test {
protected:
  LogBook()
      : file_{std::filesystem::path{testing::TempDir()} /
              ("callsign-log-" + std::to_string(::getpid()) + ".txt")} {}
  ~LogBook() override { std::filesystem::remove(file_); }

  program::log_book open(callsign::log_level least) {
    return program::log_book{least, file_.string()};
  }

  std::vector<std::string> lines() const {
    std::vector<std::string> all;
    std::ifstream in{file_};
    for (std::string line; std::getline(in, line);)
      all.push_back(line);
    return all;
  }

private:
  std::filesystem::path file_;
};

TEST_F(LogBook, ALineHasAnIsoTimestampAndThreeSpacesBeforeIt) {
  open(callsign::log_level::info).info("*** Server started");

  EXPECT_THAT(lines(), ElementsAre(MatchesRegex(
                           "[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{3}Z   "
                           "\\*\\*\\* Server started")));
}

TEST_F(LogBook, IsWrittenOnWhereItEnded) {
  open(callsign::log_level::info).info("one");
  open(callsign::log_level::info).info("two");

  EXPECT_THAT(lines(), ElementsAre(EndsWith("   one"), EndsWith("   two")));
}

TEST_F(LogBook, LinesBelowTheLevelAreLeftOut) {
  {
    const auto log = open(callsign::log_level::warning);
    log.debug("a");
    log.info("b");
    log.warning("c");
    log.error("d");
  }

  EXPECT_THAT(lines(), ElementsAre(EndsWith("   c"), EndsWith("   d")));
}

TEST_F(LogBook, WhatCameFromOutsideCannotLookLikeALineOfItsOwn) {
  open(callsign::log_level::info)
      .error("!!! Server error: a\n2024-01-01T00:00:00.000Z   b\r\x1b[2J\x7f");

  EXPECT_THAT(lines(),
              ElementsAre(EndsWith("a\\x0a2024-01-01T00:00:00.000Z   b\\x0d\\x1b[2J\\x7f")));
}

TEST_F(LogBook, BracesAreOnlyCharacters) {
  open(callsign::log_level::info).info("{} {0}");

  EXPECT_THAT(lines(), ElementsAre(EndsWith("   {} {0}")));
}

TEST_F(LogBook, MarksTheLibrarysWarningsAndErrors) {
  {
    const auto sink = open(callsign::log_level::debug).sink();
    sink(callsign::log_level::info, "plain");
    sink(callsign::log_level::warning, "odd");
    sink(callsign::log_level::error, "bad");
  }

  EXPECT_THAT(lines(), ElementsAre(EndsWith("   plain"), EndsWith("   warning: odd"),
                                   EndsWith("   error: bad")));
}

TEST_F(LogBook, AFileThatCannotBeWrittenIsABadArgument) {
  try {
    const program::log_book log{callsign::log_level::info, "/dev/null/log"};
    FAIL() << "it was opened";
  } catch (const program::bad_argument& error) {
    EXPECT_THAT(error.what(), HasSubstr("--log"));
    EXPECT_THAT(error.what(), HasSubstr("/dev/null/log"));
  }
}

} // namespace
