/// \file
/// callsign-echo: says back what it hears. The smallest complete program.

#include "app/echo/opening.hpp"
#include "app/program/program.hpp"

#include <callsign/net.hpp>

namespace {

int serve(const program::settings& wanted, echo::answers how) {
  const program::log_book log{wanted.log_level, wanted.log_file};

  callsign::workers workers;
  callsign::web_server web{workers, wanted.web_options(), wanted.network_options(log.sink())};
  program::launch launch{workers, web, log};
  if (const auto started = web.start(); !started)
    return launch.failed(started);

  echo::open(workers, web, how, wanted, log, [&launch] { launch.succeeded(); });

  workers.wait_for_interrupt();
  return launch.exit_code();
}

} // namespace

int main(int count, char** words) {
  bool is_upper = false;
  const program::about about{
      .name = "callsign-echo",
      .purpose = "Says back each message as it came, text as text and binary as binary.",
      .extras = {{.name = "--upper",
                  .help = "say text back in upper case, in all scripts that have it, each\n"
                          "character by itself (é becomes É, ß stays); binary messages stay\n"
                          "as they are",
                  .is_given = &is_upper}},
  };
  return program::run(about, count, words, [&is_upper](const program::settings& wanted) {
    return serve(wanted, is_upper ? echo::answers::in_upper_case : echo::answers::as_heard);
  });
}
