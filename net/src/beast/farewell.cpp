#include "net/src/beast/farewell.hpp"

#include <chrono>
#include <utility>

namespace callsign::beast {

namespace {

constexpr std::chrono::milliseconds patience{1000};

} // namespace

void farewell::begin(socket_thread& here, tcp::socket socket, site::seat place,
                     std::string last_words) {
  auto self =
      std::make_shared<farewell>(here, std::move(socket), std::move(place), std::move(last_words));
  here.adopt(self);
  here.timers().arm(self->limit_, here.now() + patience);
  self->write();
}

farewell::farewell(socket_thread& here, tcp::socket socket, site::seat place,
                   std::string last_words)
    : line{here}, socket_{std::move(socket)}, place_{std::move(place)},
      words_{std::move(last_words)}, limit_{[this] { cut(); }} {}

void farewell::cut() noexcept {
  limit_.disarm();
  io_error ignored;
  socket_.close(ignored);
  thread().release(*this);
}

void farewell::write() {
  if (thread().is_finishing())
    return cut();
  if (written_ == words_.size())
    return linger();
  socket_.async_write_some(asio::buffer(words_) + written_,
                           [this, self = shared_from_this()](const io_error& e, std::size_t n) {
                             thread().step(*this, [&] {
                               if (e)
                                 return cut();
                               written_ += n;
                               write();
                             });
                           });
}

void farewell::linger() {
  io_error failed;
  socket_.shutdown(tcp::socket::shutdown_send, failed);
  if (failed)
    return cut();
  thread().timers().arm(limit_, thread().now() + patience);
  drain();
}

void farewell::drain() {
  socket_.async_read_some(asio::buffer(unread_),
                          [this, self = shared_from_this()](const io_error& e, std::size_t) {
                            thread().step(*this, [&] {
                              if (e)
                                return cut();
                              drain();
                            });
                          });
}

} // namespace callsign::beast
