/// \file
/// A program on the loopback with two I/O threads: what every test of real servers and real clients
/// needs.
#pragma once

#include "tests/net/wanted_backend.hpp"

#include <callsign/net.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <utility>

namespace callsign::test {

inline constexpr std::chrono::seconds long_enough{20};
inline constexpr process_variable<websocket_server> WSS{"WSS"};

/// What a guest of the loopback does. Called where the placement says.
struct guest_part {
  std::function<void(websocket_connection&)> opens = [](auto&) {};
  std::function<void(websocket_connection&, const message&)> hears = [](auto&, const auto&) {};
  std::function<void(websocket_connection&, const termination&)> ends = [](auto&, const auto&) {};
};

class loopback_guest final : public connection_handler {
public:
  explicit loopback_guest(guest_part does) : does_{std::move(does)} {}
  void on_open(websocket_connection& ws) override { does_.opens(ws); }
  void on_message(websocket_connection& ws, const message& heard) override {
    does_.hears(ws, heard);
  }
  void on_terminate(websocket_connection& ws, const termination& how) override {
    does_.ends(ws, how);
  }

private:
  const guest_part does_;
};

/// Lets everybody in, unless it is told otherwise.
class loopback_host final : public server_handler {
public:
  using decision = std::function<admission(const request&)>;
  explicit loopback_host(guest_part guests, decision decides = {})
      : guests_{std::move(guests)}, decides_{std::move(decides)} {}
  admission on_connection(websocket_server&, const request& asked) override {
    if (decides_)
      return decides_(asked);
    return std::make_unique<loopback_guest>(guests_);
  }

private:
  const guest_part guests_;
  const decision decides_;
};

/// The fixture. What callbacks use must be declared before it, or outlive `ends`.
class loopback {
public:
  /// Starts the web server, unless it runs, and makes a server in the worker.
  void serves(std::shared_ptr<server_handler> handler, server_options how) {
    if (!web.is_running()) {
      ASSERT_TRUE(web.start());
    }
    std::promise<void> made;
    set.call("WebSocketServer", [&](worker& self) {
      self[WSS] = websocket_server{self, web.ref(), std::move(handler), std::move(how)};
      made.set_value();
    });
    ASSERT_EQ(made.get_future().wait_for(long_enough), std::future_status::ready);
  }

  workers set{{.interrupts = signals::left_alone}};
  web_server web{
      set, {.port = 0, .addresses = {"127.0.0.1"}}, {.io_threads = 2, .backend = wanted_backend()}};
};

inline std::string name_of_placement(const testing::TestParamInfo<callbacks>& one) {
  return one.param == callbacks::in_worker ? "InWorker" : "InConnection";
}

} // namespace callsign::test
