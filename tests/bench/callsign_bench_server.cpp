// Callsign as the benchmark meets it: the public API, the default options of the library, and
// nothing that an application could not write. Only the limits on connections are lifted, because
// all clients of a benchmark come from one machine.

#include "arguments.hpp"

#include <callsign/web_server.hpp>
#include <callsign/websocket_server.hpp>
#include <callsign/workers.hpp>

#include <cstdint>
#include <cstdio>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <sys/resource.h>

namespace {

/// What is done with a message.
enum class answer {
  echo,
  broadcast_to_all,
  broadcast_to_others,
  /// To all, by a loop of sends over `connections()`, as 4D programs do it.
  send_to_each,
};

struct options {
  std::uint16_t port = 0;
  answer mode = answer::broadcast_to_all;
  callsign::callbacks placement = callsign::callbacks::in_worker;
  std::size_t io_threads = 1;
  callsign::io_backend backend = callsign::io_backend::automatic;
};

/// Speaks for all clients: it keeps nothing, so one does for everybody.
class member final : public callsign::connection_handler {
public:
  explicit member(answer mode) : mode_{mode} {}

  void on_message(callsign::websocket_connection& ws, const callsign::message& heard) override {
    switch (mode_) {
    case answer::echo: static_cast<void>(ws.send(heard)); return;
    case answer::broadcast_to_all: ws.server().broadcast(heard); return;
    case answer::broadcast_to_others: ws.server().broadcast(heard, callsign::except(ws)); return;
    case answer::send_to_each:
      for (callsign::websocket_connection& one : ws.server().connections())
        static_cast<void>(one.send(heard));
      return;
    }
  }

private:
  answer mode_;
};

/// Lets everybody in.
class doorman final : public callsign::server_handler {
public:
  explicit doorman(answer mode) : member_{std::make_shared<member>(mode)} {}

  callsign::admission on_connection(callsign::websocket_server& /*wss*/,
                                    const callsign::request& /*asked*/) override {
    return member_;
  }

private:
  std::shared_ptr<member> member_;
};

constexpr callsign::process_variable<callsign::websocket_server> WSS{"WSS"};

options read_options(bench::arguments words) {
  options read;
  while (!words.is_empty()) {
    const std::string_view name = words.name();
    if (name == "--port") {
      read.port = words.number<std::uint16_t>();
    } else if (name == "--io-threads") {
      read.io_threads = words.number<std::size_t>();
    } else if (name == "--mode") {
      const std::string_view mode = words.text();
      if (mode == "echo")
        read.mode = answer::echo;
      else if (mode == "broadcast")
        read.mode = answer::broadcast_to_all;
      else if (mode == "broadcast-except")
        read.mode = answer::broadcast_to_others;
      else if (mode == "loop")
        read.mode = answer::send_to_each;
      else
        words.refuse("must be echo, broadcast, broadcast-except or loop");
    } else if (name == "--placement") {
      const std::string_view placement = words.text();
      if (placement == "worker")
        read.placement = callsign::callbacks::in_worker;
      else if (placement == "connection")
        read.placement = callsign::callbacks::in_connection;
      else
        words.refuse("must be worker or connection");
    } else if (name == "--io") {
      const std::string_view backend = words.text();
      if (backend == "auto")
        read.backend = callsign::io_backend::automatic;
      else if (backend == "epoll")
        read.backend = callsign::io_backend::epoll;
      else if (backend == "io_uring")
        read.backend = callsign::io_backend::io_uring;
      else
        words.refuse("must be auto, epoll or io_uring");
    } else {
      words.refuse("is not an option");
    }
  }
  return read;
}

/// Ten thousand clients need as many files.
void raise_file_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
  }
}

int serve(const options& wanted) {
  callsign::workers workers;
  callsign::web_server web{workers,
                           {.port = wanted.port,
                            .addresses = {"127.0.0.1"},
                            .max_lines = 60'000,
                            .max_lines_per_address = 60'000},
                           {.io_threads = wanted.io_threads, .backend = wanted.backend}};
  const callsign::start_result started = web.start();
  if (!started) {
    for (const callsign::error& error : started.errors)
      std::fprintf(stderr, "%s\n", error.message().c_str());
    return 1;
  }
  workers.call("bench", [web = web.ref(), wanted](callsign::worker& self) {
    callsign::server_options chosen{.path = "/", .placement = wanted.placement};
    chosen.max_connections = 60'000;
    chosen.max_per_address = 60'000;
    self[WSS] = callsign::websocket_server{self, web, std::make_unique<doorman>(wanted.mode),
                                           std::move(chosen)};
    std::printf("listening on http://127.0.0.1:%u/\n", static_cast<unsigned>(web.port()));
    std::fflush(stdout);
  });
  workers.wait_for_interrupt();
  return 0;
}

} // namespace

int main(int count, char** words) {
  try {
    raise_file_limit();
    return serve(read_options({count, words}));
  } catch (const std::invalid_argument& error) {
    std::fprintf(stderr,
                 "%s\n\ncallsign-bench-server [--port N]\n"
                 "  [--mode echo|broadcast|broadcast-except|loop]\n"
                 "  [--placement worker|connection] [--io-threads N]\n"
                 "  [--io auto|epoll|io_uring]\n",
                 error.what());
    return 2;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
