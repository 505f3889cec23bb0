/// \file
/// The actor that stands for one client.
#pragma once

#include "actors/src/light_actor.hpp"
#include "net/src/bridge/connection_line.hpp"
#include "net/src/bridge/mail.hpp"

#include <memory>
#include <optional>
#include <vector>

namespace callsign::detail {

/// Passes facts on to the owning worker (or, with `callbacks::in_connection`, to the handler
/// itself), and the server's output into the outbox.
///
/// @context its I/O thread
class connection_actor final : public light_actor {
public:
  connection_actor(caf::actor_config& config, unit& where, io_turn& here, door::session& session,
                   connection_ptr core);

  const char* name() const override { return "callsign.connection"; }

  /// The connection whose callback this thread is running, or null. (`callbacks::in_connection`)
  [[nodiscard]] static connection_actor* current() noexcept;
  [[nodiscard]] connection_line& line() noexcept { return line_; }

  /// A callback of this connection said something that takes the way through the lane. Until it has
  /// come by, its sends take the same way, so that they cannot overtake it.
  /// (`callbacks::in_connection`)
  void goes_round() noexcept { ++under_way_; }
  [[nodiscard]] bool has_words_under_way() const noexcept { return under_way_ != 0; }

protected:
  void receive(caf::type_erased_tuple& mail) noexcept override;

private:
  void understand(caf::type_erased_tuple& mail);
  void failed() noexcept;
  void received(std::vector<message> all);
  void ended(const door::end_facts& how);
  void take(const std::vector<output_item>& items, const std::shared_ptr<tally>& counts);
  void take_broadcasts(const rules::frame_slice& frames, const std::shared_ptr<tally>& counts);
  void become_open();
  void deliver(std::vector<message> all);
  void deliver_end();
  void leave();

  connection_line line_;       ///< here, so that one piece of memory has all that a turn needs
  std::vector<message> early_; ///< came before the decision (`admit::after_handshake`)
  std::optional<door::end_facts> end_;
  std::size_t under_way_ = 0;
  bool is_open_ = false;
  bool is_end_delivered_ = false;
};

} // namespace callsign::detail
