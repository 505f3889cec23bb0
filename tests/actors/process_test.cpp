// What a program sees as a process: signals, the watchdog, and an end that somebody holds up. Rule
// W-45, design.md sections 3 and 7.

#include "tests/actors/waiting.hpp"

#include "actors/src/worker_system.hpp"

#include <callsign/workers.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include <unistd.h>

namespace {

using namespace callsign;
using namespace std::chrono_literals;
using callsign::tests::event;
using testing::AllOf;
using testing::ExitedWithCode;
using testing::HasSubstr;
using testing::KilledBySignal;

class Process : public testing::Test {
protected:
  Process() { GTEST_FLAG_SET(death_test_style, "threadsafe"); }

  /// A task that never ends by itself.
  static task stuck(event& inside) {
    return [&inside] {
      inside.happens();
      event never;
      std::ignore = never.has_happened(tests::long_enough);
    };
  }
};

// -- signals --------------------------------------------------------------------------------------

TEST_F(Process, ASignalEndsTheWaitAndEverythingInOrder) {
  for (const int signal : {SIGINT, SIGTERM}) {
    workers set;
    set.call("bob", [signal] { ::kill(::getpid(), signal); });
    set.wait_for_interrupt();
    EXPECT_TRUE(set.list().empty());
  }
}

TEST_F(Process, TheSignalMaskIsAsBeforeWhenTheSetHasEnded) {
  sigset_t before;
  sigset_t after;
  pthread_sigmask(SIG_SETMASK, nullptr, &before);
  { const workers set; }
  pthread_sigmask(SIG_SETMASK, nullptr, &after);
  for (const int signal : {SIGINT, SIGTERM})
    EXPECT_EQ(sigismember(&before, signal), sigismember(&after, signal));
}

TEST_F(Process, OtherSignalsOfTheMaskAreNoneOfTheSetsBusiness) {
  sigset_t usr1;
  sigemptyset(&usr1);
  sigaddset(&usr1, SIGUSR1);
  sigset_t before;
  pthread_sigmask(SIG_SETMASK, nullptr, &before);
  sigset_t after;
  {
    const workers set;
    pthread_sigmask(SIG_BLOCK, &usr1, nullptr);
  }
  pthread_sigmask(SIG_SETMASK, &before, &after);
  EXPECT_EQ(sigismember(&after, SIGUSR1), 1);
}

TEST_F(Process, TheProgramsOwnHandlersAreItsOwnAgainWhenTheSetHasEnded) {
  for (const int signal : {SIGINT, SIGTERM}) {
    struct sigaction own {};
    struct sigaction before {};
    struct sigaction after {};
    own.sa_handler = [](int) {};
    ::sigaction(signal, &own, &before);
    {
      workers set;
      set.interrupt();
      set.wait_for_interrupt();
    }
    ::sigaction(signal, &before, &after);
    EXPECT_EQ(after.sa_handler, own.sa_handler);
  }
}

TEST_F(Process, ASignalThatNobodyWaitedForIsForgottenWithTheSet) {
  const auto lives = [] {
    {
      const workers set;
      ::kill(::getpid(), SIGINT);
    }
    std::_Exit(0);
  };
  EXPECT_EXIT(lives(), ExitedWithCode(0), "");
}

/// The first signal; the rest runs while the set is ending.
template <class F>
task signal_and_then(workers& set, F what) {
  return [&set, what] {
    ::kill(::getpid(), SIGINT);
    while (set.call("anybody", [] {}) != call_result::shutting_down)
      std::this_thread::yield();
    what();
  };
}

TEST_F(Process, ALaterSignalEndsItAtOnce) {
  const auto dies = [] {
    workers set;
    set.call("bob", signal_and_then(set, [] {
               event never;
               do {
                 ::kill(::getpid(), SIGINT);
               } while (!never.has_happened(20ms));
             }));
    set.wait_for_interrupt();
    std::_Exit(0);
  };
  EXPECT_EXIT(dies(), KilledBySignal(SIGINT), "");
}

// Tools that signal a program and its process group mean one signal.
TEST_F(Process, ASecondSignalThatComesWithTheFirstIsNoneOfItsOwn) {
  const auto lives = [] {
    {
      workers set;
      set.call("bob", signal_and_then(set, [] {
                 ::kill(::getpid(), SIGINT);
                 ::kill(::getpid(), SIGTERM);
               }));
      set.wait_for_interrupt();
    }
    std::_Exit(0);
  };
  EXPECT_EXIT(lives(), ExitedWithCode(0), "");
}

// -- an end that somebody holds up ----------------------------------------------------------------

TEST_F(Process, EndsWithOneWhenAWorkerIsStuckAndNamesWorkerAndTask) {
  const auto dies = [] {
    workers set{{.interrupts = signals::left_alone, .stop_deadline = 50ms}};
    event inside;
    set.call("bob", stuck(inside));
    std::ignore = inside.has_happened();
    set.stop();
    std::_Exit(0);
  };
  EXPECT_EXIT(dies(), ExitedWithCode(1),
              "worker \"bob\" \\(in the task given at process_test.cpp:[0-9]+\\).*50 ms");
}

TEST_F(Process, EndsWithOneWhenAWorkerOnItsOwnThreadIsStuck) {
  const auto dies = [] {
    workers set{{.interrupts = signals::left_alone, .stop_deadline = 50ms}};
    event inside;
    set.hire("bob", runs_on::own_thread);
    set.call("bob", stuck(inside));
    std::ignore = inside.has_happened();
    set.stop();
    std::_Exit(0);
  };
  EXPECT_EXIT(dies(), ExitedWithCode(1), "worker \"bob\"");
}

// The worker has ended; its thread has not.
TEST_F(Process, EndsWithOneWhenAnOwnThreadDoesNotEnd) {
  struct lingerer {
    event* leaving = nullptr;
    ~lingerer() {
      if (leaving == nullptr)
        return;
      leaving->happens();
      event never;
      std::ignore = never.has_happened(tests::long_enough);
    }
  };
  const auto dies = [] {
    event leaving;
    workers set{{.interrupts = signals::left_alone, .stop_deadline = 50ms}};
    set.hire("bob", runs_on::own_thread);
    set.call("bob", [&](worker& self) {
      thread_local lingerer lingers;
      lingers.leaving = &leaving;
      self.kill();
    });
    std::ignore = leaving.has_happened();
    set.stop();
    std::_Exit(0);
  };
  EXPECT_EXIT(dies(), ExitedWithCode(1), "the thread of worker \"bob\" did not end within 50 ms");
}

// W-45: whoever wants to wait for ever may say so.
TEST_F(Process, EndsInOrderHoweverLongItMayTake) {
  const auto lives = [] {
    {
      workers set{{.interrupts = signals::left_alone,
                   .long_task = std::chrono::milliseconds::max(),
                   .stop_deadline = std::chrono::milliseconds::max()}};
      event inside;
      set.call("bob", [&] { inside.happens(); });
      std::ignore = inside.has_happened();
      set.stop();
    }
    std::_Exit(0);
  };
  EXPECT_EXIT(lives(), ExitedWithCode(0), "");
}

// The watchdog looks four times per limit; one that cannot be added to the time would be no pause.
TEST_F(Process, LimitsOfTimeAreAtMostAYear) {
  const workers set{{.interrupts = signals::left_alone,
                     .long_task = std::chrono::milliseconds::max(),
                     .stop_deadline = std::chrono::milliseconds::max()}};
  EXPECT_EQ(set.system().options().long_task, std::chrono::hours{24 * 365});
  EXPECT_EQ(set.system().options().stop_deadline, std::chrono::hours{24 * 365});
}

TEST_F(Process, EndsWithOneWhenTheMainWorkerIsStuck) {
  const auto dies = [] {
    workers set{{.interrupts = signals::left_alone, .stop_deadline = 50ms}};
    event inside;
    set.call(main_worker, stuck(inside));
    std::thread{[&] { set.wait_for_interrupt(); }}.detach();
    std::ignore = inside.has_happened();
    set.stop();
    std::_Exit(0);
  };
  EXPECT_EXIT(dies(), ExitedWithCode(1),
              "worker \"main\" \\(in the task given at process_test.cpp:");
}

TEST_F(Process, EndsWithOneEvenWhenWhoIsStuckHoldsAStream) {
  const auto dies = [] {
    workers set{{.interrupts = signals::left_alone, .stop_deadline = 50ms}};
    event inside;
    set.call("bob", [&inside] {
      ::flockfile(stdout);
      ::flockfile(stderr);
      inside.happens();
      event never;
      std::ignore = never.has_happened(tests::long_enough);
    });
    std::ignore = inside.has_happened();
    set.stop();
    std::_Exit(0);
  };
  EXPECT_EXIT(dies(), ExitedWithCode(1), "worker \"bob\"");
}

TEST_F(Process, WhatWasPrintedBeforeIsNotLostWhenItEndsWithOne) {
  const auto dies = [] {
    std::setvbuf(stdout, nullptr, _IOFBF, 4096);
    ::dup2(STDERR_FILENO, STDOUT_FILENO);
    workers set{{.interrupts = signals::left_alone, .stop_deadline = 50ms}};
    event inside;
    std::printf("said before\n");
    set.call("bob", stuck(inside));
    std::ignore = inside.has_happened();
    set.stop();
    std::_Exit(0);
  };
  EXPECT_EXIT(dies(), ExitedWithCode(1), "said before");
}

// -- the watchdog ---------------------------------------------------------------------------------

TEST_F(Process, IsWarnedOnceOfATaskThatRunsTooLong) {
  workers set{{.interrupts = signals::left_alone, .long_task = 20ms}};
  event warned;
  event warned_again{2};
  event released;
  std::string line;
  set.on_warning([&](const std::string& text) {
    line = text;
    warned.happens();
    warned_again.happens();
  });
  set.call("bob", [&] {
    EXPECT_TRUE(warned.has_happened());
    // Long enough for a second warning, if there were one.
    EXPECT_FALSE(warned_again.has_happened(100ms));
    released.happens();
  });
  ASSERT_TRUE(released.has_happened());
  EXPECT_THAT(line,
              AllOf(HasSubstr("worker \"bob\""), HasSubstr("process_test.cpp:"), HasSubstr(" ms")));
}

TEST_F(Process, IsWarnedOfEachTaskThatRunsTooLong) {
  workers set{{.interrupts = signals::left_alone, .long_task = 10ms}};
  event both{2};
  std::vector<std::string> lines;
  event first;
  event second;
  set.on_warning([&](const std::string& text) {
    lines.push_back(text);
    (lines.size() == 1 ? first : second).happens();
  });
  set.call("bob", [&] {
    EXPECT_TRUE(first.has_happened());
    both.happens();
  });
  set.call("bob", [&] {
    EXPECT_TRUE(second.has_happened());
    both.happens();
  });
  ASSERT_TRUE(both.has_happened());
  EXPECT_NE(lines[0], lines[1]) << "two places";
}

TEST_F(Process, IsNotWarnedOfManyShortTasks) {
  workers set{{.interrupts = signals::left_alone, .long_task = 200ms}};
  set.on_warning([](const std::string& line) { ADD_FAILURE() << line; });
  event done;
  struct again {
    event* done;
    std::chrono::steady_clock::time_point until;
    void operator()(worker& self) const {
      if (std::chrono::steady_clock::now() >= until) {
        done->happens();
      } else {
        self.call(self.name(), again{*this});
      }
    }
  };
  set.call("bob", again{&done, std::chrono::steady_clock::now() + 500ms});
  EXPECT_TRUE(done.has_happened());
}

} // namespace
