/// \file
/// A line that asked for a WebSocket: waits for the verdict, then carries messages.
#pragma once

#include "net/src/beast/asio.hpp"
#include "net/src/beast/descriptor.hpp"
#include "net/src/beast/inlet.hpp"
#include "net/src/beast/line.hpp"
#include "net/src/beast/site.hpp"
#include "net/src/door/door.hpp"
#include "net/src/rules/frame_decoder.hpp"
#include "net/src/rules/http_request.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <sys/uio.h>
#include <vector>

namespace callsign::beast {

/// While the verdict is awaited the socket is Asio's. From the 101 on the thread's inlet reads from
/// it, and the decoder makes messages of the bytes. What is written comes from the ear's outbox and
/// from nowhere else.
///
/// The end: a Close went both ways, or something was wrong and our Close says so, and the outbox is
/// written; or the line was lost or dropped. Then the ear is told, from a fresh step, while a
/// `farewell` sees to the socket.
class upgraded_line final : public line, public door::session, public flushable, public pollable {
public:
  upgraded_line(socket_thread& here, tcp::socket socket, std::string key, std::string early);
  ~upgraded_line() override;

  [[nodiscard]] static request make_request(const rules::request_head& head,
                                            const rules::request_meaning& meaning,
                                            const tcp::endpoint& from,
                                            std::vector<std::string> subprotocols);
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
  void flush() noexcept override;
  void arrived(std::span<char> bytes) noexcept override;
  void hung_up() noexcept override;
  void writable() noexcept override;
  void kept(std::ptrdiff_t more) noexcept override;
  [[nodiscard]] outgoing begin_flush(std::span<iovec> into) noexcept override;
  void end_flush(ssize_t result) noexcept override;

private:
  enum class state : unsigned char {
    asked,   ///< the desk is being asked
    waiting, ///< for admit or refuse
    open,
    concluding, ///< nothing more is read; the Close waits for the answers to what was
    finishing,  ///< nothing more is read; the outbox is to be written, then it ends
    over,
  };

  void read_early();
  void early_came(const io_error& e, std::size_t bytes);
  void go_on();
  void take_over();
  void decode(std::span<char> bytes);
  void note_held();
  void note_progress();
  void end_of_frames();
  void message_is_late();
  void look_for_hang_up();
  [[nodiscard]] bool holds_back() const;
  [[nodiscard]] inlet::wish wish() const;
  void tell_wish();
  [[nodiscard]] std::shared_ptr<upgraded_line> self();

  void fail(door::end_cause cause, close_code code, std::string_view why);
  void conclude(door::end_facts how, std::string close_frame);
  void say_close();
  void finish(door::end_facts how);
  [[nodiscard]] bool may_write() const noexcept;
  [[nodiscard]] std::size_t gather(std::span<iovec> into);
  void write();
  [[nodiscard]] bool has_written(ssize_t result);
  void wait_writable();
  void end(door::end_facts how);
  void end_politely();
  void report(door::end_facts how);
  [[nodiscard]] door::end_facts facts_or(door::end_cause cause) const;
  [[nodiscard]] int handle();
  void close_socket() noexcept;
  [[nodiscard]] tcp::socket socket_again();

  // What each read and write needs stands together, in front.
  std::shared_ptr<door::ear> ear_;
  descriptor fd_; ///< from the 101 on
  state state_ = state::asked;
  bool is_v6_ = false;
  bool is_reading_early_ = false; ///< by Asio
  bool is_step_posted_ = false;   ///< for the early bytes
  bool is_paused_ = false;
  bool is_dirty_ = false;
  bool is_blocked_ = false; ///< the socket takes no more for now
  std::uint32_t message_timed_ = 0;
  std::size_t reported_bytes_ = 0; ///< of the message that is arriving, and kept by the inlet
  std::size_t kept_bytes_ = 0;
  rules::frame_decoder decoder_;
  std::chrono::milliseconds message_deadline_{0};
  rules::duration message_left_{0}; ///< when it stands still
  rules::wheel_timer message_limit_;
  rules::wheel_timer watch_; ///< looks for a hang-up while nothing is read; bounds the last write
  tcp::socket socket_;       ///< until the 101
  site::seat place_;
  std::string key_;
  std::string early_; ///< what came before the verdict
  std::size_t early_filled_ = 0;
  door::end_facts facts_;
  std::string close_frame_; ///< while concluding
};

} // namespace callsign::beast
