/// \file
/// What Beast's WebSocket stream stands on: reads come from the line, writes go into its outbox.
#pragma once

#include "net/src/beast/asio.hpp"

#include <boost/asio/async_result.hpp>
#include <boost/asio/buffers_iterator.hpp>
#include <boost/asio/error.hpp>
#include <boost/beast/core/bind_handler.hpp>
#include <boost/beast/core/buffers_range.hpp>
#include <boost/beast/core/role.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <utility>

namespace callsign::beast {

/// A read that waits for bytes.
class parked_read {
public:
  virtual ~parked_read() = default;
  /// At most once; the object is of no use afterwards.
  virtual void complete(io_error e, std::size_t bytes) = 0;
};

/// The line as the stream sees it.
class wire {
public:
  /// Completes `who` later, never at once, with bytes in `to`.
  virtual void read_into(asio::mutable_buffer to, std::unique_ptr<parked_read> who) = 0;
  /// One whole control frame; a Close is not sent.
  virtual void write(std::string bytes) = 0;

protected:
  ~wire() = default;
};

/// A stream whose writes always succeed at once, because they only queue. The socket is never
/// touched here, so that Beast's control frames and our own frames cannot mix within a frame.
class wire_stream {
public:
  using executor_type = asio::io_context::executor_type;

  wire_stream(wire& line, executor_type where) : line_{&line}, where_{std::move(where)} {}
  [[nodiscard]] executor_type get_executor() const noexcept { return where_; }

  template <class Buffers, class Handler>
  auto async_read_some(const Buffers& to, Handler&& handler) {
    return asio::async_initiate<Handler, void(io_error, std::size_t)>(
        [this, to](auto&& done) {
          using concrete = parked<std::decay_t<decltype(done)>>;
          line_->read_into(first_of(to),
                           std::make_unique<concrete>(std::forward<decltype(done)>(done)));
        },
        handler);
  }

  template <class Buffers, class Handler>
  auto async_write_some(const Buffers& what, Handler&& handler) {
    return asio::async_initiate<Handler, void(io_error, std::size_t)>(
        [this, what](auto&& done) {
          const std::size_t bytes = take(what);
          asio::post(where_, boost::beast::bind_front_handler(std::forward<decltype(done)>(done),
                                                              io_error{}, bytes));
        },
        handler);
  }

  /// Only the answer to the upgrade request is written in this way, in parts.
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
  [[nodiscard]] std::string take_answer() { return std::exchange(answer_, {}); }

  /// Nothing is ever read in this way; Beast wants to know that it could be.
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
  template <class Handler>
  class parked final : public parked_read {
  public:
    explicit parked(Handler&& handler) : handler_{std::move(handler)} {}
    explicit parked(const Handler& handler) : handler_{handler} {}
    void complete(io_error e, std::size_t bytes) override {
      // The handler's memory is free before the handler runs: it may park the next read.
      Handler last = std::move(handler_);
      std::move(last)(e, bytes);
    }

  private:
    Handler handler_;
  };

  template <class Buffers>
  [[nodiscard]] static asio::mutable_buffer first_of(const Buffers& all) {
    for (const asio::mutable_buffer one : boost::beast::buffers_range_ref(all)) {
      if (one.size() > 0)
        return one;
    }
    return {};
  }
  template <class Buffers>
  std::size_t take(const Buffers& what) {
    std::string bytes{asio::buffers_begin(what), asio::buffers_end(what)};
    const std::size_t size = bytes.size();
    line_->write(std::move(bytes));
    return size;
  }

  wire* line_;
  executor_type where_;
  std::string answer_;
};

/// The line itself takes leave of the socket; Beast need not.
inline void beast_close_socket(wire_stream&) {}
inline void teardown(boost::beast::role_type, wire_stream&, io_error& e) { e = {}; }

template <class Handler>
void async_teardown(boost::beast::role_type, wire_stream& stream, Handler&& handler) {
  asio::post(stream.get_executor(),
             boost::beast::bind_front_handler(std::forward<Handler>(handler), io_error{}));
}

} // namespace callsign::beast
