// The stage itself, and that it can fail.

#include "tests/kit/test/failures_of.hpp"

#include <callsign/testkit/story.hpp>

#include <gmock/gmock.h>

namespace {

using namespace callsign;
using namespace callsign::testkit;
using testing::HasSubstr;

class echoing final : public connection_handler {
public:
  void on_message(websocket_connection& ws, const message& heard) override { ws.send(heard); }
};

class host final : public server_handler {
public:
  admission on_connection(websocket_server&, const request&) override { return std::make_unique<echoing>(); }
};

TEST(Stage, AClientIsAnswered) {
  stage s;
  s.serves(std::make_shared<host>());
  auto ana = s.joins();

  ana.says("hello");

  ana.hears("hello");
  s.all_is_quiet();
}

} // namespace
