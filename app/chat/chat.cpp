/// \file
/// callsign-chat: everybody who has the page open hears what the others say.

#include "app/chat/opening.hpp"
#include "app/chat/page.hpp"
#include "app/program/program.hpp"

#include <callsign/net.hpp>

namespace {

int serve(const program::settings& wanted) {
  const program::log_book log{wanted.log_level, wanted.log_file};
  const chat::page page{wanted.path, wanted.max_message};

  callsign::workers workers;
  callsign::web_server web{workers, wanted.web_options(page.files()),
                           wanted.network_options(log.sink())};
  program::launch launch{workers, web, log};
  if (const auto started = web.start(); !started)
    return launch.failed(started);

  chat::open(workers, web, wanted, log, [&launch] { launch.succeeded(); });

  // SIGINT, SIGTERM: every client is told 1001, every worker ends in order.
  workers.wait_for_interrupt();
  return launch.exit_code();
}

} // namespace

int main(int count, char** words) {
  const program::about chat{
      .name = "callsign-chat",
      .purpose = "A chat: everybody who has its page open hears what the others say.",
      .defaults = {.path = "/chat"},
      .root_help = "serve the files of this folder, as they are, instead of the chat's own page",
  };
  return program::run(chat, count, words, serve);
}
