#include "arguments.hpp"
#include "bare_epoll/bare_server.hpp"

#include <csignal>
#include <cstdio>
#include <exception>
#include <stdexcept>
#include <sys/signalfd.h>

namespace {

constexpr const char* usage =
    "callsign-bare-epoll: the kernel's limit, a WebSocket server of nothing but epoll\n"
    "  --port N               port on 127.0.0.1; 0 takes a free one (default)\n"
    "  --mode M               echo, broadcast (default) or broadcast-except (not to the sender)\n"
    "  --no-coalesce          one send for each message instead of one for each loop turn\n"
    "  --greet TEXT           what each client hears first\n"
    "  --drop-every N         misdeed: every Nth delivery is not made\n"
    "  --double-every N       misdeed: every Nth delivery is made twice\n"
    "  --swap-every N         misdeed: every Nth delivery changes places with the next\n"
    "  --greet-late-every N   misdeed: every Nth client is greeted behind its first message\n"
    "  --end-twice-every N    misdeed: every Nth Close is answered twice\n";

bench::answer to_answer(const bench::arguments& from, std::string_view name) {
  if (name == "echo")
    return bench::answer::echo;
  if (name == "broadcast")
    return bench::answer::broadcast_to_all;
  if (name == "broadcast-except")
    return bench::answer::broadcast_to_others;
  from.refuse("must be echo, broadcast or broadcast-except");
}

bench::bare_options read_options(bench::arguments words) {
  bench::bare_options options;
  while (!words.is_empty()) {
    const std::string_view name = words.name();
    if (name == "--port")
      options.port = words.number<std::uint16_t>();
    else if (name == "--mode")
      options.mode = to_answer(words, words.text());
    else if (name == "--no-coalesce")
      options.when = bench::writing::per_message;
    else if (name == "--drop-every")
      options.faults.drop_every = words.number<std::uint64_t>();
    else if (name == "--double-every")
      options.faults.double_every = words.number<std::uint64_t>();
    else if (name == "--swap-every")
      options.faults.swap_every = words.number<std::uint64_t>();
    else if (name == "--greet")
      options.greeting = words.text();
    else if (name == "--greet-late-every")
      options.faults.greet_late_every = words.number<std::uint64_t>();
    else if (name == "--end-twice-every")
      options.faults.end_twice_every = words.number<std::uint64_t>();
    else
      words.refuse("is not an option");
  }
  return options;
}

/// Turns SIGINT and SIGTERM into a descriptor that becomes readable.
bench::wire::descriptor take_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  sigprocmask(SIG_BLOCK, &signals, nullptr);
  return bench::wire::descriptor{::signalfd(-1, &signals, SFD_CLOEXEC)};
}

} // namespace

int main(int count, char** words) {
  try {
    const bench::bare_options options = read_options({count, words});
    bench::wire::raise_file_limit();
    const bench::wire::descriptor stop_signal = take_signals();
    bench::bare_server server{options};
    std::printf("listening on http://127.0.0.1:%u/\n", static_cast<unsigned>(server.port()));
    std::fflush(stdout);
    server.run(stop_signal);
    return 0;
  } catch (const std::invalid_argument& error) {
    std::fprintf(stderr, "%s\n\n%s", error.what(), usage);
    return 2;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
