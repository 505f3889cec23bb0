/// \file
/// Opt-in: messages as JSON values. Component `json` of the package.
#pragma once

#include <callsign/message.hpp>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <string>

namespace callsign::native {

/// The value of a JSON message. @errors `boost::system::system_error` if it is not JSON; depth at
/// most 32
[[nodiscard]] inline boost::json::value json_of(const message& heard) {
  return boost::json::parse(heard.text());
}

/// A text message that holds the value.
[[nodiscard]] inline message message_of(const boost::json::value& value) {
  return message{boost::json::serialize(value)};
}

} // namespace callsign::native
