#include <callsign/error.hpp>

namespace callsign {

namespace {

class category final : public std::error_category {
public:
  const char* name() const noexcept override { return "callsign"; }
  std::string message(int code) const override {
    switch (static_cast<errc>(code)) {
    case errc::handler_failed: return "a handler threw an exception";
    case errc::handler_invalid: return "on_connection did not return a handler";
    case errc::worker_kind_differs: return "the worker already runs elsewhere";
    case errc::shutting_down: return "the workers are ending";
    case errc::web_server_not_running: return "the web server is not running";
    case errc::web_server_running: return "the web server is already running";
    case errc::path_in_use: return "a WebSocket server is already on this path (error -10718)";
    case errc::bad_path: return "this is no path for a WebSocket server";
    case errc::unknown_data_type: return "unknown data type";
    case errc::bad_option: return "an option is out of its range";
    case errc::going_away: return "the client went away";
    case errc::line_lost: return "the line was lost without a closing handshake";
    case errc::heartbeat_lost: return "the client did not answer the heartbeat";
    case errc::protocol_error: return "the client broke the WebSocket protocol";
    case errc::invalid_utf8: return "the client sent text that is not UTF-8";
    case errc::message_too_big: return "the client sent a message over the limit";
    case errc::message_too_slow: return "a message did not arrive whole in time";
    case errc::client_too_slow: return "the client does not read fast enough";
    case errc::budget_exhausted: return "the memory budget of the process is exhausted";
    case errc::invalid_json: return "the message is not JSON";
    case errc::task_failed: return "a task threw an exception";
    case errc::answer_late: return "no answer came in time";
    case errc::worker_killed: return "the worker was killed";
    case errc::worker_aborted: return "the worker was aborted";
    case errc::no_such_worker: return "there is no such worker";
    case errc::mailbox_full: return "the worker's mailbox is full";
    case errc::would_wait_for_itself: return "the worker would wait for itself";
    case errc::would_block: return "this worker may not wait";
    case errc::unknown_method: return "there is no such method";
    case errc::wrong_arguments: return "the method's types are others";
    case errc::worker_failed: return "the worker failed";
    }
    return "unknown error";
  }
};

} // namespace

const std::error_category& error_category() noexcept {
  static const category instance;
  return instance;
}

std::error_code make_error_code(errc code) noexcept {
  return {static_cast<int>(code), error_category()};
}

std::string error::message() const {
  std::string line = attempted.empty() ? std::string{} : "cannot " + attempted + ": ";
  line += code.message();
  if (!remedy.empty())
    line += "; " + remedy;
  return line;
}

failure::failure(error why) : std::runtime_error{why.message()}, why_{std::move(why)} {}

} // namespace callsign
