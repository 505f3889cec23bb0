/// \file
/// A line that speaks HTTP: reads requests, answers them, and hands itself over when one asks for a
/// WebSocket.
#pragma once

#include "net/src/beast/answer.hpp"
#include "net/src/beast/asio.hpp"
#include "net/src/beast/line.hpp"
#include "net/src/beast/site.hpp"
#include "net/src/rules/http_head.hpp"
#include "net/src/rules/http_request.hpp"

#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace callsign::beast {

/// One request at a time; what comes behind it waits in the buffer.
class http_line final : public line {
public:
  /// Takes over a socket that was just accepted. The socket itself cannot tell where it is from
  /// once the client has gone, and what that client asked for may still be there to be read.
  static void begin(socket_thread& here, tcp::socket socket, const tcp::endpoint& from,
                    site::seat place);

  http_line(socket_thread& here, tcp::socket socket, const tcp::endpoint& from, site::seat place);
  ~http_line() override;

  void cut() noexcept override;
  void site_stops(const void* which) override;
  void site_cuts(const void* which) override;

private:
  enum class phase : unsigned char { idle, head, body, answer, over };

  [[nodiscard]] site& home() const noexcept { return *place_.of(); }

  // reading
  void next_request();
  void look_at_head();
  void read_more();
  void came(const io_error& e, std::size_t bytes);
  void too_late();
  void head_is_complete();
  void read_body();

  // deciding
  void decide();
  void decide_upgrade();
  void refuse(const rules::complaint& why);
  void log(std::string_view what, std::string_view became_of_it) const;

  // answering
  void send(answer what);
  void send_last(answer what);
  void write();
  void wrote(const io_error& e, std::size_t bytes);
  [[nodiscard]] bool next_part_of_file();
  void answered();
  void say_farewell(std::string last_words);
  void leave() noexcept;
  void cut_answer(std::string_view why);

  void arm(std::chrono::milliseconds limit);

  tcp::socket socket_;
  tcp::endpoint from_;
  site::seat place_;
  phase phase_ = phase::idle;
  std::string in_;         ///< bytes of the request that is arriving, and what follows it
  std::size_t filled_ = 0; ///< of `in_`
  rules::head_scanner scanner_;
  rules::request_head head_;
  rules::request_meaning asked_;
  using body_parser = boost::beast::http::request_parser<boost::beast::http::string_body>;
  std::unique_ptr<body_parser> body_;
  std::size_t raw_body_ = 0;
  std::size_t requests_ = 0;
  afterwards then_ = afterwards::keep;

  std::string out_;
  std::size_t out_written_ = 0;
  std::string_view out_memory_;
  answer sending_;
  std::uint64_t file_at_ = 0;

  rules::wheel_timer limit_;
};

} // namespace callsign::beast
