// Standard error that nobody reads must not stop anybody: neither the threads that report there by
// default, nor the end.

#include "actors/src/last_words.hpp"
#include "tests/actors/waiting.hpp"

#include <callsign/workers.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <thread>

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace {

using namespace callsign;
using callsign::detail::last_words;
using callsign::tests::event;
using testing::HasSubstr;

enum class kind { pipe, socket };

/// While it lives, standard error is full and nobody reads it.
class unread_errors {
public:
  explicit unread_errors(kind of) : before_{::dup(STDERR_FILENO)} {
    int ends[2]{};
    const int made = of == kind::pipe ? ::pipe2(ends, O_CLOEXEC)
                                      : ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends);
    if (before_ < 0 || made != 0)
      throw std::runtime_error("no descriptors");
    reads_ = ends[0];
    ::fcntl(ends[1], F_SETFL, O_NONBLOCK);
    const std::string block(4096, '.');
    while (::write(ends[1], block.data(), block.size()) > 0)
      ;
    while (::write(ends[1], ".", 1) > 0)
      ;
    ::fcntl(ends[1], F_SETFL, 0);
    ::dup2(ends[1], STDERR_FILENO);
    ::close(ends[1]);
  }
  ~unread_errors() {
    restore();
    ::close(reads_);
  }
  unread_errors(const unread_errors&) = delete;
  unread_errors& operator=(const unread_errors&) = delete;

  /// Reads what is there; whoever waits for room finds some.
  std::string drain() const {
    std::string all;
    char some[65536];
    ::fcntl(reads_, F_SETFL, O_NONBLOCK);
    for (ssize_t got = ::read(reads_, some, sizeof some); got > 0;
         got = ::read(reads_, some, sizeof some))
      all.append(some, static_cast<std::size_t>(got));
    return all;
  }
  void restore() {
    if (before_ >= 0) {
      ::dup2(before_, STDERR_FILENO);
      ::close(before_);
    }
    before_ = -1;
  }

private:
  int before_;
  int reads_ = -1;
};

class LastWords : public testing::TestWithParam<kind> {};
INSTANTIATE_TEST_SUITE_P(Into, LastWords, testing::Values(kind::pipe, kind::socket),
                         [](const auto& of) {
                           return of.param == kind::pipe ? "APipe" : "ASocket";
                         });

TEST_P(LastWords, ThatFindNoRoomAreLostAndCounted) {
  unread_errors errors{GetParam()};
  event said;
  std::thread speaker{[&said] {
    last_words("one");
    last_words("two");
    said.happens();
  }};

  const bool was_prompt = said.has_happened();
  auto before = errors.drain();
  speaker.join();
  last_words("three");
  last_words("four");
  const auto after = errors.drain();
  errors.restore();

  EXPECT_TRUE(was_prompt) << "it waited for somebody who reads";
  EXPECT_EQ(before.find_first_not_of('.'), std::string::npos) << before;
  EXPECT_EQ(after, "callsign: lines lost because nobody read standard error: 2\nthree\nfour\n");
}

TEST_P(LastWords, AWorkerWhoseErrorsNobodyReadsGoesOn) {
  unread_errors errors{GetParam()};
  event went_on;
  workers all{{.interrupts = signals::left_alone}};
  for (int i = 0; i < 10; ++i)
    all.call("bob", [] { throw std::runtime_error("no luck"); });
  all.call("bob", [&went_on] { went_on.happens(); });

  const bool was_prompt = went_on.has_happened();
  errors.drain();
  all.stop();
  last_words("enough");
  const auto after = errors.drain();
  errors.restore();

  EXPECT_TRUE(was_prompt) << "it waited for somebody who reads";
  EXPECT_THAT(after, HasSubstr("nobody read standard error: 10\nenough\n"));
}

} // namespace
