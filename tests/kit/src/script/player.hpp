/// \file
/// Who plays the steps of a script: one class for doors in memory, one for sockets.
#pragma once

#include "tests/kit/src/script/language.hpp"

#include <memory>
#include <string>

namespace callsign::testkit {

/// @context one thread
class player {
public:
  virtual ~player() = default;
  /// Plays one step. Answers what went wrong; empty: nothing.
  [[nodiscard]] virtual std::string play(const script_step& step) = 0;
  /// Ends everything in order. Answers what went wrong.
  [[nodiscard]] virtual std::string finish() = 0;
};

[[nodiscard]] std::unique_ptr<player> make_actors_player(const application& with,
                                                         const play_options& how);
/// @param seed  0: in order
[[nodiscard]] std::unique_ptr<player>
make_program_player(const application& with, const play_options& how, std::uint64_t seed);
[[nodiscard]] std::unique_ptr<player> make_wire_player(const application& with,
                                                       const play_options& how);

} // namespace callsign::testkit
