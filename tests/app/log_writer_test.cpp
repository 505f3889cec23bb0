// A log that nobody reads: it loses lines and says how many, and keeps nobody waiting.

#include "app/program/log_book.hpp"
#include "app/program/log_writer.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <stdexcept>
#include <string>
#include <string_view>

#include <fcntl.h>
#include <unistd.h>

namespace {

using namespace std::chrono_literals;
constexpr auto limit = 20s;

/// A pipe with room for so many bytes, at least a page.
class small_pipe {
public:
  small_pipe() {
    if (::pipe2(ends_, O_CLOEXEC) != 0)
      throw std::runtime_error("no descriptors");
    room_ = static_cast<std::size_t>(::fcntl(ends_[1], F_SETPIPE_SZ, 4096));
  }
  ~small_pipe() {
    hang_up();
    ::close(ends_[1]);
  }
  small_pipe(const small_pipe&) = delete;
  small_pipe& operator=(const small_pipe&) = delete;

  [[nodiscard]] int in() const { return ends_[1]; }
  /// For a writer, which may live on for a while.
  [[nodiscard]] int in_to_keep() const { return ::fcntl(ends_[1], F_DUPFD_CLOEXEC, 0); }
  [[nodiscard]] std::size_t room() const { return room_; }
  /// Reads until the text has come, or nothing more can come.
  std::string reads_until(std::string_view wanted) {
    std::string all;
    char some[4096];
    while (all.find(wanted) == std::string::npos) {
      const ssize_t got = ::read(ends_[0], some, sizeof some);
      if (got <= 0)
        break;
      all.append(some, static_cast<std::size_t>(got));
    }
    return all;
  }
  void hang_up() {
    if (ends_[0] >= 0)
      ::close(ends_[0]);
    ends_[0] = -1;
  }

private:
  int ends_[2]{};
  std::size_t room_ = 0;
};

std::string in_words(std::uint64_t lost) { return "lost " + std::to_string(lost) + '\n'; }

/// Lines until the pipe and the queue behind it are full.
std::uint64_t floods(program::log_writer& log) {
  std::uint64_t said = 0;
  for (; log.lost() == 0; ++said)
    log.write(std::string(99, 'x') + '\n');
  return said;
}

TEST(LogWriter, NobodyWaitsForWhoeverReads) {
  small_pipe pipe;
  auto said = std::async(std::launch::async, [&pipe] {
    program::log_writer log{
        {.descriptor = pipe.in_to_keep(), .is_owned = true, .most = 1000, .patience = 0ms},
        in_words};
    for (int i = 0; i < 10'000; ++i)
      log.write("a line that nobody reads\n");
    return log.lost();
  });

  const bool is_prompt = said.wait_for(limit) == std::future_status::ready;
  pipe.hang_up();

  EXPECT_TRUE(is_prompt) << "it waited for somebody who reads";
  EXPECT_GE(said.get(), 10'000 - (2 * 1000 + pipe.room()) / 25);
}

TEST(LogWriter, SaysHowManyLinesAreMissingAndWhere) {
  small_pipe pipe;
  program::log_writer log{{.descriptor = pipe.in_to_keep(), .is_owned = true, .most = 1000},
                          in_words};
  const auto said = floods(log);
  log.write(std::string(990, 'y') + '\n');

  const auto read = pipe.reads_until("lost 2\n");
  log.write("after\n");
  const auto rest = pipe.reads_until("after\n");

  EXPECT_EQ(log.lost(), 2u);
  EXPECT_EQ(read.find("lost"), (said - 1) * 100) << "all lines that found room, whole";
  EXPECT_EQ(rest, "after\n");
}

TEST(LogWriter, CountsWhatCouldNotBeWritten) {
  program::log_writer log{
      {.descriptor = ::open("/dev/full", O_WRONLY | O_CLOEXEC), .is_owned = true}, in_words};
  log.write("one\n");
  log.write("two\n");

  EXPECT_TRUE(log.is_done_within(limit));
  EXPECT_EQ(log.lost(), 2u);
}

TEST(LogWriter, AtItsEndEverythingIsWritten) {
  small_pipe pipe;
  auto read = std::async(std::launch::async, [&pipe] { return pipe.reads_until("the end\n"); });
  {
    program::log_writer log{{.descriptor = pipe.in_to_keep(), .is_owned = true, .patience = limit},
                            in_words};
    for (int i = 0; i < 1'000; ++i)
      log.write(std::string(99, 'x') + '\n');
    log.write("the end\n");
  }

  EXPECT_EQ(read.get().size(), 1'000 * 100 + 8u);
}

TEST(LogWriter, ItsEndIsNotKeptByWhoeverDoesNotRead) {
  small_pipe pipe;
  auto ended = std::async(std::launch::async, [&pipe] {
    program::log_writer log{
        {.descriptor = pipe.in_to_keep(), .is_owned = true, .most = 1000, .patience = 10ms},
        in_words};
    floods(log);
  });

  EXPECT_EQ(ended.wait_for(limit), std::future_status::ready);
  pipe.hang_up();
}

TEST(LogWriter, LastWordsAreNotKeptEither) {
  small_pipe pipe;
  const std::string full(pipe.room(), '.');
  ASSERT_EQ(::write(pipe.in(), full.data(), full.size()), static_cast<ssize_t>(full.size()));
  const int before = ::dup(STDERR_FILENO);
  ::dup2(pipe.in(), STDERR_FILENO);
  auto said = std::async(std::launch::async, [] { program::last_words("the end\n"); });
  const bool is_prompt = said.wait_for(limit) == std::future_status::ready;
  pipe.hang_up(); // before the screen is back, or they would appear on it
  ::dup2(before, STDERR_FILENO);
  ::close(before);

  EXPECT_TRUE(is_prompt);
}

} // namespace
