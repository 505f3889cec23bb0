/// \file
/// The mail that network and connection actors send each other.
#pragma once

#include "net/src/bridge/lane.hpp"
#include "net/src/door/door.hpp"
#include "net/src/rules/ending.hpp"
#include "net/src/rules/frame.hpp"

#include <caf/all.hpp>

#include <memory>
#include <string>
#include <variant>
#include <vector>

namespace callsign::detail {

// -- facts, from the session to its connection actor ----------------------------------------------

/// What one read brought.
struct received_mail {
  std::vector<message> heard;
};
struct ended_mail {
  door::end_facts how;
};

// -- a turn's output, from the network actor to connection actors ---------------------------------

/// Who heard what of the broadcasts of one turn on one thread; merged into their tickets when the
/// last actor has had its mail. Touched by that thread only.
class tally {
public:
  ~tally();
  void add_ticket(ticket_ptr ticket) { tickets_.push_back({std::move(ticket), 0, 0, 0}); }
  void count(const rules::frame_slice& offered, const rules::outbox::verdict& got,
             bool is_pressured);

private:
  struct line {
    ticket_ptr ticket;
    std::size_t queued;
    std::size_t pressured;
    std::size_t dropped;
  };
  std::vector<line> tickets_;
  std::size_t all_queued_ = 0; ///< actors that took every frame
  std::size_t all_pressured_ = 0;
};

struct out_admit {};
struct out_refuse {
  int status;
  std::string why;
};
struct out_slice {
  rules::frame_slice frames; ///< of broadcasts
};
struct out_own {
  rules::frame_slice frame; ///< from `send`, reserved
  bool is_its_own = false;  ///< said by a callback of this connection
};
/// A broadcast that a callback of this connection made has come by.
struct out_passed {};
struct out_close {
  rules::our_part part;
  close_code code;
  std::string reason;
};
struct out_resume {};
struct out_settled {};
struct out_left {};
using output_item = std::variant<out_admit, out_refuse, out_slice, out_own, out_passed, out_close,
                                 out_resume, out_settled, out_left>;

/// The usual mail: every broadcast of the turn, the same for everybody who is excluded nowhere.
struct broadcast_mail {
  rules::frame_slice frames;
  std::shared_ptr<tally> counts;
};
/// For a connection that is spoken to by itself, or left out of something: its own sequence.
struct output_mail {
  std::vector<output_item> items;
  std::shared_ptr<tally> counts;
};

/// To the network actor: the lane has entries.
using hand_out_mail = caf::atom_constant<caf::atom("handout")>;
/// To any actor of the bridge: the network ends.
using quit_mail = caf::atom_constant<caf::atom("quit")>;

} // namespace callsign::detail

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(callsign::detail::received_mail)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(callsign::detail::ended_mail)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(callsign::detail::broadcast_mail)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(callsign::detail::output_mail)
