/// \file
/// A line that asked for a WebSocket: waits for the verdict, then carries messages.
#pragma once

#include "net/src/beast/asio.hpp"
#include "net/src/beast/frame_reader.hpp"
#include "net/src/beast/line.hpp"
#include "net/src/beast/site.hpp"
#include "net/src/beast/wire_stream.hpp"
#include "net/src/door/door.hpp"
#include "net/src/rules/frame_scanner.hpp"
#include "net/src/rules/http_request.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace callsign::beast {

/// Bytes come from the socket, pass the scanner (which decides about limits and the closing
/// handshake), and go to the reader (which makes messages of them). What is written comes from the
/// ear's outbox and from nowhere else.
///
/// The end: a Close went both ways, or something was wrong and our Close says so, and the outbox is
/// written; or the line was lost or dropped. Then the ear is told, from a fresh step, while a
/// `farewell` sees to the socket.
class upgraded_line final : public line,
                            public door::session,
                            public flushable,
                            public wire,
                            public frame_reader::hearer {
public:
  upgraded_line(socket_thread& here, tcp::socket socket, std::string key, std::string early);
  ~upgraded_line() override;

  [[nodiscard]] request make_request(const rules::request_head& head,
                                     const rules::request_meaning& meaning,
                                     std::vector<std::string> subprotocols) const;
  /// Not a WebSocket after all.
  [[nodiscard]] tcp::socket give_back() { return std::move(socket_); }
  /// The ear will decide; until then early bytes are kept and a hang-up is noticed.
  static void begin(std::shared_ptr<upgraded_line> self, site::seat place,
                    std::shared_ptr<door::ear> hears);

  // door::session
  void admit(const door::admission_terms& terms) override;
  void refuse(int status, std::string_view why) override;
  void mark_dirty() override;
  void pause_reading() override;
  void resume_reading() override;
  void settle() override;
  void drop() override;

  void cut() noexcept override;
  void flush() override;

private:
  enum class state : unsigned char {
    asked,   ///< the desk is being asked
    waiting, ///< for admit or refuse
    open,
    concluding, ///< nothing more is read; the Close waits for the answers to what was
    finishing,  ///< nothing more is read; the outbox is to be written, then it ends
    over,
  };

  // wire
  void read_into(asio::mutable_buffer to, std::unique_ptr<parked_read> who) override;
  void write(std::string bytes) override;
  // frame_reader::hearer
  void read_done(read_outcome how) noexcept override;
  void read_given_up() noexcept override;

  void read_early();
  void early_came(const io_error& e, std::size_t bytes);
  void start_read();
  void serve_parked();
  void deliver_early();
  void deliver(std::size_t bytes);
  void note_progress();
  void end_of_scan();
  void message_came();
  void message_is_late();
  void look_for_hang_up();
  [[nodiscard]] bool holds_back() const;
  [[nodiscard]] std::shared_ptr<upgraded_line> self();

  void fail(door::end_cause cause, close_code code, std::string_view why);
  void conclude(door::end_facts how, std::string close_frame);
  void say_close();
  void finish(door::end_facts how);
  void wait_writable();
  void end(door::end_facts how);
  void end_politely();
  void report(door::end_facts how);

  tcp::socket socket_;
  site::seat place_;
  std::shared_ptr<door::ear> ear_;
  state state_ = state::asked;
  bool is_reading_ = false;    ///< the socket
  bool is_read_begun_ = false; ///< a message, by the reader
  bool is_paused_ = false;
  bool is_dirty_ = false;
  bool is_blocked_ = false; ///< the socket takes no more for now
  bool must_be_utf8_ = false;
  std::string key_;
  std::string early_; ///< what came before the verdict
  std::size_t early_filled_ = 0;
  std::size_t early_used_ = 0;

  rules::frame_scanner scanner_;
  std::unique_ptr<frame_reader> reader_;
  asio::mutable_buffer parked_buffer_;
  std::unique_ptr<parked_read> parked_;
  std::size_t reported_bytes_ = 0;

  rules::wheel_timer message_limit_;
  std::chrono::milliseconds message_deadline_{0};
  rules::duration message_left_{0}; ///< when it stands still
  std::uint64_t message_timed_ = 0;
  rules::wheel_timer watch_; ///< looks for a hang-up while nothing is read; bounds the last write
  door::end_facts facts_;
  std::string close_frame_; ///< while concluding
};

} // namespace callsign::beast
