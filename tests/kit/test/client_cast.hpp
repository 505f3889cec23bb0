/// \file
/// Handlers that do as clients tell them, and what a verb that fails must say.
#pragma once

#include "tests/kit/test/failures_of.hpp"

#include <callsign/testkit/story.hpp>

#include <gmock/gmock.h>

#include <memory>
#include <string>

namespace callsign::testkit {

/// Does as it is told: "send x", "bytes x", "goodbye 4000 x", "cut".
class obedient final : public connection_handler {
public:
  void on_open(websocket_connection& ws) override { ws.send("welcome"); }
  void on_message(websocket_connection& ws, const message& heard) override {
    const std::string said{heard.text()};
    if (said.starts_with("send "))
      ws.send(said.substr(5));
    else if (said.starts_with("bytes "))
      ws.send(message::binary(said.substr(6)));
    else if (said.starts_with("goodbye "))
      ws.terminate(std::stoi(said.substr(8, 4)), said.size() > 13 ? said.substr(13) : "");
  }
};

class doorkeeper final : public server_handler {
public:
  admission on_connection(websocket_server&, const request& asked) override {
    if (asked.query.contains("bad"))
      return refuse(403, "not you");
    return std::make_unique<obedient>();
  }
};

class Client : public story {
protected:
  Client() { serves(std::make_shared<doorkeeper>(), {.path = "/chat"}); }

  /// The verb fails once, at the line of the lambda's last statement, with these words.
  static void fails(int line, const failures_of& what, const testing::Matcher<std::string>& words,
                    const char* file = __builtin_FILE()) {
    EXPECT_EQ(what.count(), 1) << what.text();
    EXPECT_EQ(what.line(), line);
    EXPECT_EQ(what.file(), file);
    EXPECT_THAT(what.text(), words);
  }
};

} // namespace callsign::testkit
