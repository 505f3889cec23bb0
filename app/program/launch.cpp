#include "app/program/launch.hpp"

#include "app/program/log_writer.hpp"

#include <cstdio>
#include <system_error>

namespace program {

namespace {

/// What to do about it, in terms of our flags.
std::string advice(const callsign::error& error) {
  if (error.code == std::errc::address_in_use)
    return "end the program that has the port, or choose another with --port (0 takes a free one)";
  if (error.code == std::errc::permission_denied)
    return "choose a port above 1023 with --port";
  if (error.code == std::errc::address_not_available)
    return "this machine has no such address; choose one that it has with --address";
  return error.remedy;
}

} // namespace

launch::launch(callsign::workers& workers, const callsign::web_server& web, const log_book& log)
    : workers_{workers}, web_{web}, log_{log} {
  workers.on_warning([log](const std::string& warning) { log.warning("warning: " + warning); });
  workers.on_error([this](const callsign::task_error& error) {
    log_.error("error: worker \"" + error.worker + "\", task given at " + error.label + ": " +
               error.what);
    workers_.call(callsign::main_worker, [this, why = error.what] { task_failed(why); });
  });
}

launch::~launch() { workers_.on_error({}); }

void launch::succeeded() {
  is_up_ = true;
  for (const auto& url : web_.urls())
    std::printf("listening on %s\n", url.c_str());
  std::fflush(stdout);
}

int launch::failed(const callsign::start_result& how) const {
  for (const auto& error : how.errors) {
    const auto line = callsign::error{error.code, error.attempted, advice(error)}.message();
    last_words("The start failed: " + line + ".\n");
    if (log_.is_in_file())
      log_.error("error: the start failed: " + line);
  }
  return 1;
}

void launch::task_failed(const std::string& why) {
  if (is_up_ || has_failed_)
    return;
  has_failed_ = true;
  last_words("The start failed: " + why + ".\n");
  workers_.interrupt();
}

} // namespace program
