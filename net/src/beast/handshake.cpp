#include "net/src/beast/handshake.hpp"

#include <boost/asio/buffers_iterator.hpp>
#include <boost/asio/error.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/websocket/stream.hpp>

#include <cstddef>

namespace callsign::beast {

namespace websocket = boost::beast::websocket;
namespace http = boost::beast::http;

namespace {

/// What Beast's stream stands on here: a string that the answer is written into.
class paper {
public:
  using executor_type = asio::io_context::executor_type;

  paper(std::string& answer, asio::io_context& where) : answer_{answer}, where_{where} {}
  [[nodiscard]] executor_type get_executor() const noexcept { return where_.get_executor(); }

  template <class Buffers>
  std::size_t write_some(const Buffers& what, io_error& e) {
    e = {};
    answer_.append(asio::buffers_begin(what), asio::buffers_end(what));
    return asio::buffer_size(what);
  }
  template <class Buffers>
  std::size_t write_some(const Buffers& what) {
    io_error never;
    return write_some(what, never);
  }
  /// Nothing is ever read; Beast wants to know that it could be.
  template <class Buffers>
  std::size_t read_some(const Buffers&, io_error& e) {
    e = asio::error::operation_not_supported;
    return 0;
  }
  template <class Buffers>
  std::size_t read_some(const Buffers&) {
    throw boost::system::system_error{asio::error::operation_not_supported};
  }

private:
  std::string& answer_;
  asio::io_context& where_; ///< for the timers that Beast's stream has and never starts
};

} // namespace

std::string accept_upgrade(asio::io_context& where, std::string_view key,
                           std::string_view subprotocol, std::string_view server_name) {
  http::request<http::empty_body> asked{http::verb::get, "/", 11};
  asked.set(http::field::host, "callsign");
  asked.set(http::field::connection, "upgrade");
  asked.set(http::field::upgrade, "websocket");
  asked.set(http::field::sec_websocket_version, "13");
  asked.set(http::field::sec_websocket_key, boost::beast::string_view{key.data(), key.size()});
  std::string said;
  websocket::stream<paper, false> ws{said, where};
  ws.set_option(websocket::stream_base::decorator{
      [subprotocol = std::string{subprotocol},
       server_name = std::string{server_name}](websocket::response_type& answer) {
        // If there is none, Beast would name itself.
        answer.set(http::field::server, server_name);
        answer.set(http::field::upgrade, "websocket");
        answer.set(http::field::connection, "Upgrade");
        if (!subprotocol.empty())
          answer.set(http::field::sec_websocket_protocol, subprotocol);
      }});
  io_error failed;
  ws.accept(asked, failed);
  if (failed)
    return {};
  constexpr std::string_view nameless = "Server: \r\n";
  if (const auto at = said.find(nameless); at != std::string::npos)
    said.erase(at, nameless.size());
  return said;
}

} // namespace callsign::beast
