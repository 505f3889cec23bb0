/// \file
/// The cast of the stories about servers: handlers made of closures, which write down what is
/// called.
#pragma once

#include <callsign/testkit/story.hpp>

#include <gmock/gmock.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace stories {

using namespace callsign;
using namespace callsign::testkit;
using namespace std::chrono_literals;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

/// What was called, in order.
class diary {
public:
  void note(std::string line) { lines_.push_back(std::move(line)); }
  /// All of it; a fresh page follows.
  std::vector<std::string> takes() { return std::exchange(lines_, {}); }

private:
  std::vector<std::string> lines_;
};

inline std::string name_of(const websocket_connection& ws) { return "c" + std::to_string(ws.id()); }

/// What a guest does beside writing its diary.
struct guest_part {
  std::function<void(websocket_connection&)> opens;
  std::function<void(websocket_connection&, const message&)> hears;
  std::function<void(websocket_connection&, const error_event&)> fails;
  std::function<void(websocket_connection&, const termination&)> ends;
};

/// Notes "c0 open", "c0 message hello", "c0 error 1001 HTTP fatal", "c0 terminate 1001 the reason".
class guest final : public connection_handler {
public:
  guest(diary& notes, guest_part does) : notes_{notes}, does_{std::move(does)} {}

  void on_open(websocket_connection& ws) override {
    notes_.note(name_of(ws) + " open");
    if (does_.opens)
      does_.opens(ws);
  }
  void on_message(websocket_connection& ws, const message& heard) override {
    notes_.note(name_of(ws) + (heard.is_text() ? " message " : " bytes ") +
                std::string{heard.text()});
    if (does_.hears)
      does_.hears(ws, heard);
  }
  void on_error(websocket_connection& ws, const error_event& what) override {
    const auto& first = what.errors.front();
    notes_.note(name_of(ws) + " error " + std::to_string(first.code) + ' ' + first.component +
                (what.is_fatal ? " fatal" : ""));
    if (does_.fails)
      does_.fails(ws, what);
  }
  void on_terminate(websocket_connection& ws, const termination& how) override {
    notes_.note(name_of(ws) + " terminate " + std::to_string(how.code) +
                (how.reason ? ' ' + *how.reason : std::string{}));
    if (does_.ends)
      does_.ends(ws, how);
  }

private:
  diary& notes_;
  guest_part does_;
};

struct host_part {
  std::function<void(websocket_server&)> opens;
  /// Without it, everybody is a guest.
  std::function<admission(websocket_server&, const request&)> decides;
  std::function<void(websocket_server&, const error_event&)> fails;
  std::function<void(websocket_server&)> ends;
};

/// Notes "server open", "server asked /chat", "server error the text", "server terminate".
class host final : public server_handler {
public:
  host(diary& notes, host_part does, guest_part guests)
      : notes_{notes}, does_{std::move(does)}, guests_{std::move(guests)} {}

  void on_open(websocket_server& wss) override {
    notes_.note("server open");
    if (does_.opens)
      does_.opens(wss);
  }
  admission on_connection(websocket_server& wss, const request& asked) override {
    notes_.note("server asked " + asked.url);
    if (does_.decides)
      return does_.decides(wss, asked);
    return std::make_unique<guest>(notes_, guests_);
  }
  void on_error(websocket_server& wss, const error_event& what) override {
    notes_.note("server error " + std::string{what.status_text()});
    if (does_.fails)
      does_.fails(wss, what);
  }
  void on_terminate(websocket_server& wss) override {
    notes_.note("server terminate");
    if (does_.ends)
      does_.ends(wss);
  }

private:
  diary& notes_;
  host_part does_;
  guest_part guests_;
};

/// The seed's chat, variant A.
inline guest_part chatting() {
  guest_part part;
  part.opens = [](websocket_connection& ws) {
    ws.send("Welcome on the chat!");
    ws.server().broadcast("New client connected", except(ws));
  };
  part.hears = [](websocket_connection& ws, const message& heard) {
    ws.server().broadcast(heard, except(ws));
  };
  part.ends = [](websocket_connection& ws, const termination&) {
    ws.server().broadcast("Client disconnected", except(ws));
  };
  return part;
}

inline guest_part echoing() {
  guest_part part;
  part.hears = [](websocket_connection& ws, const message& heard) { ws.send(heard); };
  return part;
}

/// A stage with one server on /chat, made of closures. Set `guests`, `hosts` and `how`, then
/// `opens_house`.
class house : public stage {
public:
  explicit house(stage_options options = {}) : stage{std::move(options)} {}
  // Its diary goes before the stage does.
  ~house() { ends(); }

  server_ref opens_house(where at = where::current()) {
    return opens_house(how, "WebSocketServer", at);
  }
  server_ref opens_house(server_options options, std::string_view worker = "WebSocketServer",
                         where at = where::current()) {
    return serves(std::make_shared<host>(notes, hosts, guests), std::move(options), worker, at);
  }

  diary notes;
  guest_part guests;
  host_part hosts;
  server_options how{.path = "/chat"};
};

class HouseStory : public testing::Test, public house {
protected:
  void TearDown() override { ends(); }
};

/// A story about a worker that is behind: about a thousand bytes of a client may wait for it.
class BusyWorkerStory : public HouseStory {
protected:
  BusyWorkerStory() { how.max_undelivered_bytes = 1000; }
  /// A client that is in already; the diary begins with what it says.
  client is_in(where at = where::current()) {
    opens_house(at);
    auto who = joins(at);
    notes.takes();
    return who;
  }
};

/// The same story with callbacks in the worker and in the connections.
class PlacedStory : public HouseStory, public testing::WithParamInterface<callbacks> {
protected:
  PlacedStory() { how.placement = GetParam(); }
};

inline std::string name_of_placement(const testing::TestParamInfo<callbacks>& info) {
  return info.param == callbacks::in_worker ? "InWorker" : "InConnection";
}

inline auto both_placements() {
  return testing::Values(callbacks::in_worker, callbacks::in_connection);
}

} // namespace stories
