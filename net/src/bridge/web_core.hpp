/// \file
/// A web server's state, and the desk at which upgrade requests are answered.
#pragma once

#include "net/src/door/door.hpp"
#include "net/src/rules/path_table.hpp"

#include <callsign/web_server.hpp>

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>

namespace callsign::detail {

class network_core;
class server_core;

/// What all handles of one web server share. @context any thread
class web_core final : public door::front_desk, public std::enable_shared_from_this<web_core> {
public:
  web_core(std::shared_ptr<network_core> network, web_server_options stored);
  ~web_core() override;

  start_result start(std::optional<web_server_options> for_now);
  /// Begins the stop and returns.
  void begin_stop();
  /// As `begin_stop`; outside a worker, waits for the end, but no longer than the stop deadline:
  /// then it warns, and names the workers that do not end their servers.
  void stop();
  /// The network ends: nobody new comes in.
  void stop_listening();
  /// The network has ended: what it has not reported will not come any more.
  void network_ended();

  [[nodiscard]] bool is_running() const;
  [[nodiscard]] web_server_options options() const;
  [[nodiscard]] std::uint16_t port() const;
  [[nodiscard]] std::vector<std::string> urls() const;
  [[nodiscard]] network_core& network() const noexcept { return *network_; }
  [[nodiscard]] const std::shared_ptr<network_core>& shared_network() const noexcept {
    return network_;
  }

  // -- servers ------------------------------------------------------------------------------------

  /// @errors `failure`: not running, or the path is in use
  void add(const rules::path_pattern& path, std::shared_ptr<server_core> who);
  /// Frees the path, if it is that server's.
  void remove(const rules::path_pattern& path, const server_core& who);
  [[nodiscard]] std::vector<std::shared_ptr<server_core>> servers() const;

  door::upgrade_answer upgrade_asked(door::session& from, request&& asked,
                                     door::io_thread& here) override;

private:
  enum class phase : unsigned char { stopped, running, stopping };

  [[nodiscard]] std::shared_ptr<server_core> server_for(std::string_view path) const;
  void finish_if_empty();
  [[nodiscard]] static std::string pick_subprotocol(const std::vector<std::string>& known,
                                                    const request& asked);

  const std::shared_ptr<network_core> network_;
  mutable std::mutex lock_;
  std::condition_variable changed_;
  phase phase_ = phase::stopped;
  web_server_options stored_;
  std::optional<web_server_options> in_use_;
  std::shared_ptr<door::web_service> service_;
  bool is_drained_ = false;
  rules::path_table<std::shared_ptr<server_core>> servers_;
};

} // namespace callsign::detail
