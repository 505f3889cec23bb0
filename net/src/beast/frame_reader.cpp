#include "net/src/beast/frame_reader.hpp"

#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/websocket/error.hpp>
#include <boost/beast/websocket/stream.hpp>

#include <utility>

namespace callsign::beast {

namespace websocket = boost::beast::websocket;
namespace http = boost::beast::http;

namespace {

/// Buffers of large messages are given back to the system.
constexpr std::size_t kept_buffer = 4096;

[[nodiscard]] read_outcome outcome_of(const io_error& e) {
  if (!e)
    return read_outcome::message;
  if (e == websocket::error::bad_frame_payload || e == websocket::error::bad_close_payload) {
    return read_outcome::invalid_utf8;
  }
  if (e == websocket::error::message_too_big || e == websocket::error::buffer_overflow) {
    return read_outcome::message_too_big;
  }
  if (e == websocket::condition::protocol_violation || e == websocket::error::closed) {
    return read_outcome::protocol_error;
  }
  return read_outcome::broken;
}

/// Notices when it is destroyed without having been called.
class completion {
public:
  explicit completion(std::shared_ptr<frame_reader::hearer> who) noexcept : who_{std::move(who)} {}
  completion(completion&&) noexcept = default;
  completion& operator=(completion&&) = delete;
  ~completion() {
    if (who_ != nullptr)
      who_->read_given_up();
  }
  void operator()(const io_error& e, std::size_t) {
    const auto who = std::exchange(who_, nullptr);
    who->read_done(outcome_of(e));
  }

private:
  std::shared_ptr<frame_reader::hearer> who_;
};

} // namespace

class frame_reader::stream {
public:
  stream(wire& line, asio::io_context& where) : ws{line, where.get_executor()} {}
  websocket::stream<wire_stream, false> ws;
  boost::beast::flat_buffer buffer;
};

frame_reader::frame_reader(wire& line, asio::io_context& where, std::size_t max_message_bytes)
    : stream_{std::make_unique<stream>(line, where)} {
  auto& ws = stream_->ws;
  ws.auto_fragment(false);
  // All timers are ours: Beast's do not count pings as activity and give a Close the wrong
  // deadline.
  ws.set_option(websocket::stream_base::timeout{websocket::stream_base::none(),
                                                websocket::stream_base::none(), false});
  ws.read_message_max(max_message_bytes);
}

frame_reader::~frame_reader() = default;

std::string frame_reader::accept(std::string_view key, std::string_view subprotocol,
                                 std::string_view server_name) {
  http::request<http::empty_body> asked{http::verb::get, "/", 11};
  asked.set(http::field::host, "callsign");
  asked.set(http::field::connection, "upgrade");
  asked.set(http::field::upgrade, "websocket");
  asked.set(http::field::sec_websocket_version, "13");
  asked.set(http::field::sec_websocket_key, boost::beast::string_view{key.data(), key.size()});
  stream_->ws.set_option(websocket::stream_base::decorator{
      [subprotocol = std::string{subprotocol},
       server_name = std::string{server_name}](websocket::response_type& said) {
        // If there is none, Beast would name itself.
        said.set(http::field::server, server_name);
        said.set(http::field::upgrade, "websocket");
        said.set(http::field::connection, "Upgrade");
        if (!subprotocol.empty())
          said.set(http::field::sec_websocket_protocol, subprotocol);
      }});
  io_error failed;
  stream_->ws.accept(asked, failed);
  std::string said = stream_->ws.next_layer().take_answer();
  if (failed)
    return {};
  constexpr std::string_view nameless = "Server: \r\n";
  if (const auto at = said.find(nameless); at != std::string::npos)
    said.erase(at, nameless.size());
  return said;
}

void frame_reader::next(std::shared_ptr<hearer> who) {
  stream_->ws.async_read(stream_->buffer, completion{std::move(who)});
}

message_kind frame_reader::kind() const {
  return stream_->ws.got_text() ? message_kind::text : message_kind::binary;
}

std::string frame_reader::take() {
  auto& buffer = stream_->buffer;
  const auto bytes = buffer.data();
  std::string whole{static_cast<const char*>(bytes.data()), bytes.size()};
  buffer.clear();
  if (buffer.capacity() > kept_buffer)
    buffer.shrink_to_fit();
  return whole;
}

} // namespace callsign::beast
