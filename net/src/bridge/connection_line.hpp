/// \file
/// The connection actor's hold on its session: outbox, heartbeat, deadlines, accounts.
#pragma once

#include "net/src/bridge/connection_core.hpp"
#include "net/src/bridge/mail.hpp"
#include "net/src/door/door.hpp"
#include "net/src/rules/ending.hpp"
#include "net/src/rules/heartbeat.hpp"

#include <caf/actor.hpp>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace callsign::detail {

class io_turn;

/// Hears the facts of one session and turns them into mail for its connection actor; carries out
/// what the actor decides.
///
/// @context the I/O thread of the session, and nothing else
class connection_line final : public door::ear {
public:
  connection_line(io_turn& here, door::session& session, connection_ptr core);
  ~connection_line() override;

  void set_actor(caf::actor who) { actor_ = std::move(who); }
  [[nodiscard]] connection_core& core() const noexcept { return *core_; }
  [[nodiscard]] const connection_ptr& shared_core() const noexcept { return core_; }
  [[nodiscard]] io_turn& here() const noexcept { return here_; }
  [[nodiscard]] bool is_over() const noexcept { return session_ == nullptr; }
  /// What waits and what is half received; the budget sheds the heaviest.
  [[nodiscard]] std::size_t weight() const noexcept { return outbox_.data_bytes() + reassembling_; }

  // -- what the actor decides ---------------------------------------------------------------------

  /// Writes the 101 and begins to read. No effect when the client is gone.
  void admit();
  void refuse(int status, std::string_view why);
  /// Data frames. `is_reserved`: `send` has reserved them already.
  rules::outbox::verdict put(const rules::frame_view& what, bool is_reserved);
  /// Our Close goes behind what waits, and its deadline begins.
  void close(rules::our_part part, close_code code, std::string reason);
  /// While the set ends, our Close waits no longer than `io_turn::closes_by`.
  void hasten_close();
  /// Cuts the line.
  void drop();
  void resume_reading();
  void settle();
  void watch_admission();
  /// The request is decided: its deadline is over.
  void admission_decided();
  [[nodiscard]] rules::ending ending_of(const door::end_facts& facts) const;

  // -- door::ear ----------------------------------------------------------------------------------

  void heard() override;
  void received(std::vector<message>&& all) override;
  [[nodiscard]] bool is_settled() override { return core_->settles(); }
  void ended(door::end_facts how) override;
  [[nodiscard]] rules::outbox& out() override { return outbox_; }
  void written(std::size_t bytes) override;
  void reassembling(std::ptrdiff_t more) override;

private:
  void beat();
  void close_is_late();
  void tell_leaving();
  void admission_is_late();
  void count_dropped(const rules::outbox::verdict& what, bool is_reserved);

  io_turn& here_;
  door::session* session_;
  connection_ptr core_;
  caf::actor actor_;
  rules::outbox outbox_;
  rules::heartbeat heartbeat_;
  rules::wheel_timer beat_timer_;
  rules::wheel_timer deadline_timer_; ///< of the admission, later of the close
  std::size_t reassembling_ = 0;
  std::size_t leaving_ = 0; ///< what it holds though its Close is queued, as the budget knows it
  rules::our_part our_part_ = rules::our_part::none;
  close_code our_code_ = 0;
  std::string our_reason_;
  bool is_admitted_ = false;
  bool is_past_deadline_ = false;
};

} // namespace callsign::detail
