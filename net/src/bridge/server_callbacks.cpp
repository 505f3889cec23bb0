// The callbacks of a server's connections: what they are given, and what becomes of their
// exceptions.
#include "actors/src/current_exception.hpp"
#include "actors/src/utf8.hpp"
#include "actors/src/worker_system.hpp"
#include "net/src/bridge/error_items.hpp"
#include "net/src/bridge/server_core.hpp"

namespace callsign::detail {

namespace {

class no_server_handler final : public server_handler {
public:
  admission on_connection(websocket_server&, const request&) override { return nullptr; }
};

class no_connection_handler final : public connection_handler {
public:
  void on_message(websocket_connection&, const message&) override {}
};

} // namespace

server_handler& server_core::handler() const noexcept {
  static no_server_handler none;
  return handler_ != nullptr ? *handler_ : none;
}

connection_handler& connection_core::handler() const noexcept {
  static no_connection_handler none;
  return handler_ != nullptr ? *handler_ : none;
}

/// To the error handler of the worker, for want of anybody nearer.
void server_core::report_exception(const char* callback) {
  books().count(counter::handler_exceptions);
  if (auto* here = incarnation::current()) {
    here->report_current_exception(callback);
  } else {
    // The connection's actor must not fall with it.
    try {
      workers_.report({owner_.name(), owner_.number(), callback, text_of_current_exception(),
                       std::current_exception()});
    } catch (...) {
      workers_.warn(std::string{"the error handler threw: "} + text_of_current_exception());
    }
  }
}

/// An exception in a connection's callback goes to its own `on_error` (rule C-22).
void server_core::tell_exception(connection_core& who, const char* callback) {
  books().count(counter::handler_exceptions);
  const error_event what{
      {item_of(errc::handler_failed, std::string{callback} + ": " + text_of_current_exception(),
               "user")},
      false};
  try {
    who.handler().on_error(who.place(), what);
  } catch (...) {
    report_exception("connection_handler::on_error");
  }
}

void server_core::run_open(connection_core& who) {
  try {
    who.handler().on_open(who.place());
  } catch (...) {
    tell_exception(who, "on_open");
  }
}

bool server_core::pass_json(connection_core& from, const message& heard) {
  auto complaint =
      is_utf8(heard.text()) ? door::json_complaint(heard.text()) : std::string{"it is not UTF-8"};
  if (complaint.empty())
    return true;
  books().count(counter::messages_dropped_json);
  const error_event what{
      {item_of(errc::invalid_json, make_error_code(errc::invalid_json).message() + ": " + complaint,
               "callsign")},
      false};
  try {
    from.handler().on_error(from.place(), what);
  } catch (...) {
    report_exception("connection_handler::on_error");
  }
  return false;
}

void server_core::run_message(connection_core& from, const message& heard) {
  if (from.status() == connection_status::closed)
    return;
  if (options_.type == data_type::object && !pass_json(from, heard))
    return;
  try {
    switch (options_.type) {
    case data_type::as_received: from.handler().on_message(from.place(), heard); break;
    case data_type::text:
    case data_type::object:
      if (heard.is_text()) {
        from.handler().on_message(from.place(), heard);
      } else {
        from.handler().on_message(from.place(), message{message_kind::text, heard.text()});
      }
      break;
    case data_type::blob:
      if (heard.is_binary()) {
        from.handler().on_message(from.place(), heard);
      } else {
        from.handler().on_message(from.place(), message{message_kind::binary, heard.text()});
      }
      break;
    }
  } catch (...) {
    tell_exception(from, "on_message");
  }
}

void server_core::run_end(connection_core& who, const rules::ending& how) {
  who.set_status(connection_status::closed);
  {
    const std::scoped_lock guard{members_lock_};
    members_.erase(who.id());
  }
  auto* const handler = &who.handler();
  if (how.error) {
    try {
      handler->on_error(who.place(), *how.error);
    } catch (...) {
      report_exception("connection_handler::on_error");
    }
  }
  try {
    handler->on_terminate(who.place(), how.how);
  } catch (...) {
    report_exception("connection_handler::on_terminate");
  }
  // Here, where its callbacks ran, and not wherever the last reference to the connection goes.
  who.drop_handler();
}

} // namespace callsign::detail
