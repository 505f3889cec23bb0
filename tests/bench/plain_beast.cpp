// A WebSocket server in the style that most programs written with Boost.Beast have: one session for
// each connection, a queue of shared messages, one `async_write` for each message. It is what
// Callsign's own write path is measured against.

#include "arguments.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/websocket.hpp>

#include <cstdint>
#include <cstdio>
#include <deque>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <unordered_set>
#include <utility>

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace websocket = beast::websocket;
using asio::ip::tcp;

enum class answer { echo, broadcast_to_all, broadcast_to_others };

class session;

/// Everybody who is connected.
struct room {
  answer mode = answer::broadcast_to_all;
  std::unordered_set<session*> members;
};

/// One client: reads a message, hands it round, reads the next.
class session final : public std::enable_shared_from_this<session> {
public:
  session(tcp::socket socket, room& where) : stream_{std::move(socket)}, room_{where} {}
  ~session() { room_.members.erase(this); }
  session(const session&) = delete;
  session& operator=(const session&) = delete;

  void run() {
    beast::get_lowest_layer(stream_).socket().set_option(tcp::no_delay{true});
    stream_.set_option(websocket::stream_base::timeout::suggested(beast::role_type::server));
    stream_.auto_fragment(false);
    stream_.read_message_max(std::size_t{64} * 1024 * 1024);
    stream_.async_accept([self = shared_from_this()](beast::error_code error) {
      if (error)
        return;
      self->room_.members.insert(self.get());
      self->read();
    });
  }

private:
  void read() {
    stream_.async_read(buffer_, [self = shared_from_this()](beast::error_code error, std::size_t) {
      if (error) {
        self->room_.members.erase(self.get());
        return;
      }
      const auto text =
          std::make_shared<const std::string>(beast::buffers_to_string(self->buffer_.data()));
      self->buffer_.consume(self->buffer_.size());
      self->hand_round(text);
      self->read();
    });
  }

  void hand_round(const std::shared_ptr<const std::string>& text) {
    if (room_.mode == answer::echo) {
      send(text);
      return;
    }
    for (session* member : room_.members)
      if (member != this || room_.mode == answer::broadcast_to_all)
        member->send(text);
  }

  void send(const std::shared_ptr<const std::string>& text) {
    queue_.push_back(text);
    if (queue_.size() == 1)
      write();
  }

  void write() {
    stream_.text(true);
    stream_.async_write(asio::buffer(*queue_.front()),
                        [self = shared_from_this()](beast::error_code error, std::size_t) {
                          if (error)
                            return;
                          self->queue_.pop_front();
                          if (!self->queue_.empty())
                            self->write();
                        });
  }

  websocket::stream<beast::tcp_stream> stream_;
  room& room_;
  beast::flat_buffer buffer_;
  std::deque<std::shared_ptr<const std::string>> queue_;
};

void accept_next(tcp::acceptor& acceptor, room& where) {
  acceptor.async_accept([&acceptor, &where](beast::error_code error, tcp::socket socket) {
    if (error == asio::error::operation_aborted)
      return;
    if (!error)
      std::make_shared<session>(std::move(socket), where)->run();
    accept_next(acceptor, where);
  });
}

answer to_answer(const bench::arguments& from, std::string_view name) {
  if (name == "echo")
    return answer::echo;
  if (name == "broadcast")
    return answer::broadcast_to_all;
  if (name == "broadcast-except")
    return answer::broadcast_to_others;
  from.refuse("must be echo, broadcast or broadcast-except");
}

int serve(bench::arguments words) {
  std::uint16_t port = 0;
  room where;
  while (!words.is_empty()) {
    const std::string_view name = words.name();
    if (name == "--port")
      port = words.number<std::uint16_t>();
    else if (name == "--mode")
      where.mode = to_answer(words, words.text());
    else
      words.refuse("is not an option");
  }
  asio::io_context context{1};
  tcp::acceptor acceptor{context, tcp::endpoint{asio::ip::address_v4::loopback(), port}};
  asio::signal_set signals{context, SIGINT, SIGTERM};
  signals.async_wait([&context](beast::error_code, int) { context.stop(); });
  accept_next(acceptor, where);
  std::printf("listening on http://127.0.0.1:%u/\n",
              static_cast<unsigned>(acceptor.local_endpoint().port()));
  std::fflush(stdout);
  context.run();
  return 0;
}

} // namespace

int main(int count, char** words) {
  try {
    return serve({count, words});
  } catch (const std::invalid_argument& error) {
    std::fprintf(stderr, "%s\n\nplain-beast [--port N] [--mode echo|broadcast|broadcast-except]\n",
                 error.what());
    return 2;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
