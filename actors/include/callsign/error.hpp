/// \file
/// What can go wrong, in one form: a code to branch on, what was being attempted, what to do about
/// it.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>

namespace callsign {

/// The library's own error conditions. Codes of the operating system stay what they are.
enum class errc {
  handler_failed = 1,     ///< a callback of a handler threw
  handler_invalid,        ///< `on_connection` returned something that is no handler
  worker_kind_differs,    ///< hired again to run somewhere else
  shutting_down,          ///< the set of workers is ending
  web_server_not_running, ///< a WebSocket server needs its web server to run first
  web_server_running,     ///< started twice
  path_in_use,            ///< two servers on one path (4D: -10718)
  bad_path,               ///< does not begin with a slash, or cannot be decoded
  unknown_data_type,      ///< not text, blob or object
  bad_option,             ///< an option is out of its range
  going_away,             ///< the client left (close code 1001)
  line_lost,              ///< no closing handshake (1006)
  heartbeat_lost,         ///< no pong in time (1006)
  protocol_error,         ///< RFC 6455 was broken (1002)
  invalid_utf8,           ///< a text message is not UTF-8 (1007)
  message_too_big,        ///< over the limit of bytes or fragments (1009)
  message_too_slow,       ///< a message did not arrive whole in time (1008)
  client_too_slow,        ///< the outbox overflowed (1013)
  budget_exhausted,       ///< the process-wide budget overflowed (1013)
  invalid_json,           ///< a message for data type `object` is not JSON
  task_failed,            ///< the question that was asked threw
  answer_late,            ///< an ask was not answered by its deadline
  worker_killed,          ///< the worker that was asked was killed before it got to it
  worker_aborted,         ///< likewise aborted
  no_such_worker,         ///< nobody has the number that was asked
  mailbox_full,           ///< the mailbox of the worker that was asked has a limit
  would_wait_for_itself,  ///< a worker asked itself and would wait
  would_block,            ///< a worker that may not wait would have
  unknown_method,         ///< nothing is defined under the name of a method
  wrong_arguments,        ///< a method takes, or answers, something else
  worker_failed,          ///< the worker that was asked failed before it got to it
};

/// @context any thread
[[nodiscard]] const std::error_category& error_category() noexcept;
[[nodiscard]] std::error_code make_error_code(errc code) noexcept;

/// One failure of the world, ready to be shown to the person who can act.
struct error {
  std::error_code code;
  std::string attempted; ///< "listen on 127.0.0.1 port 8080"
  std::string remedy;    ///< "end the program that has the port, or choose another with --port"

  /// Everything in one line: what was attempted, why it failed, what to do.
  [[nodiscard]] std::string message() const;
};

/// An error that is thrown at the call, because the caller can act at once.
class failure : public std::runtime_error {
public:
  explicit failure(error why);
  [[nodiscard]] const error& why() const noexcept { return why_; }
  [[nodiscard]] std::error_code code() const noexcept { return why_.code; }

private:
  error why_;
};

} // namespace callsign

template <>
struct std::is_error_code_enum<callsign::errc> : std::true_type {};
