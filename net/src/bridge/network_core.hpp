/// \file
/// What is behind a network: the I/O threads and their turns.
#pragma once

#include "actors/src/worker_system.hpp"
#include "net/src/bridge/budget.hpp"
#include "net/src/bridge/io_turn.hpp"
#include "net/src/door/recorder.hpp"

#include <callsign/network.hpp>

#include <atomic>
#include <memory>
#include <mutex>
#include <set>
#include <vector>

namespace callsign::detail {

class server_core;
class web_core;

/// @context any thread, except where said
class network_core final : public shutdown_participant {
public:
  /// @param make  makes sockets, or in tests the in-memory twin
  using backend_maker = std::function<std::unique_ptr<door::backend>(
      std::size_t threads, io_backend how, std::shared_ptr<door::ledger>)>;

  network_core(worker_system& workers, network_options options,
               const backend_maker& make = door::make_socket_backend);
  ~network_core() override;

  [[nodiscard]] worker_system& workers() const noexcept { return workers_; }
  [[nodiscard]] door::ledger& books() const noexcept { return *books_; }
  [[nodiscard]] const std::shared_ptr<door::ledger>& shared_books() const noexcept {
    return books_;
  }
  [[nodiscard]] io_turn& turn(std::size_t index) const { return *turns_[index]; }
  [[nodiscard]] std::vector<std::shared_ptr<lane>> lanes() const;
  [[nodiscard]] bool is_open() const noexcept { return is_open_.load(std::memory_order_acquire); }
  [[nodiscard]] door::backend& backend() const noexcept { return *backend_; }

  [[nodiscard]] std::shared_ptr<door::web_service> listen(const web_server_options& how,
                                                          std::shared_ptr<door::front_desk> desk,
                                                          std::vector<error>& errors);
  /// A web server that runs; it removes itself before it goes.
  void add(web_core& who);
  void remove(web_core& who);

  // For test kits: what must be nothing when nobody is connected.
  [[nodiscard]] std::size_t buffered_bytes() const noexcept { return memory_->used(); }
  [[nodiscard]] std::size_t turn_count() const noexcept { return turns_.size(); }
  [[nodiscard]] std::vector<std::shared_ptr<server_core>> servers();

  /// A server that has begun, and has ended. @context its worker
  void gain_server();
  void lose_server();
  /// Whoever owned the network is gone, and could not wait for its servers to end: begins their
  /// end. The last one ends the network. @context a worker
  void abandon();

  void stop_listening() override;
  bool stop_network(std::chrono::steady_clock::time_point deadline) override;

private:
  [[nodiscard]] std::vector<std::shared_ptr<web_core>> webs();

  worker_system& workers_;
  std::shared_ptr<door::ledger> books_;
  std::shared_ptr<budget> memory_;
  std::shared_ptr<door::recorder> notes_; ///< null: nobody records
  std::unique_ptr<door::backend> backend_;
  std::vector<std::unique_ptr<io_turn>> turns_;
  std::mutex lock_;
  std::set<web_core*> webs_;
  std::size_t servers_ = 0; ///< begun and not ended
  bool is_abandoned_ = false;
  std::atomic<bool> is_open_{true};
  std::mutex stop_lock_;
};

} // namespace callsign::detail
