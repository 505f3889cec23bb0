/// \file
/// Takes a port, and sockets from it.
#pragma once

#include "net/src/beast/asio.hpp"
#include "net/src/beast/descriptor.hpp"
#include "net/src/beast/site.hpp"

#include <callsign/error.hpp>

#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace callsign::beast {

/// A socket that listens but from which nobody accepts yet.
struct bound {
  descriptor socket;
  tcp::endpoint where;
};

/// Binds every address of the options: all or none. Every failure is in `errors`, with its address
/// and port.
/// @source rule H-9
[[nodiscard]] std::vector<bound> bind_all(const web_server_options& how, const door::ledger& books,
                                          std::vector<error>& errors);

/// Accepts from one listening socket and hands the sockets round to the I/O threads.
/// @context `stop`: any thread; the rest: the first I/O thread
class listener : public std::enable_shared_from_this<listener> {
public:
  listener(std::shared_ptr<site> home, bound on);

  /// Begins to accept. @context any thread
  void start();
  /// Nobody is let in any more when this returns, and who binds with `SO_REUSEADDR`, as we do, gets
  /// the port; who binds without it has to wait until the I/O thread has closed the socket.
  void stop();

private:
  void accept();
  void accept_some();
  void stumbled(const std::exception& over);
  void accepted(tcp::socket socket, const tcp::endpoint& from, socket_thread& where);
  void turn_away(tcp::socket socket, counter why, std::string how_many, socket_thread& where);
  void tell_of_turned_away();
  void keep_reserve();
  void pause(const std::error_code& why);

  std::shared_ptr<site> home_;
  socket_thread& here_;
  tcp protocol_;
  tcp::acceptor acceptor_; ///< waits; `accept4` accepts
  int native_;
  descriptor reserve_;
  std::size_t next_ = 0;
  std::size_t untold_ = 0;  ///< turned away since the last line in the log
  std::string last_why_;    ///< the last of those was
  bool is_telling_ = false; ///< such a line was written less than a second ago
  std::mutex lock_;
  bool is_stopped_ = false;
};

} // namespace callsign::beast
