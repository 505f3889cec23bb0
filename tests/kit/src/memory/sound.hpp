/// \file
/// What clients hear, and how the bytes of a line become it.
#pragma once

#include <callsign/events.hpp>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace callsign::testkit::memory {

/// One thing that a client hears.
struct sound {
  enum class kind : std::uint8_t {
    refused, ///< an HTTP answer other than 101; status 0: nobody listens
    opened,  ///< the 101
    text,
    binary,
    ping,
    pong,
    goodbye, ///< a Close frame; code 0: without one
    cut,     ///< the end of the line without a Close frame
    nonsense ///< bytes that no server may send
  };
  kind what = kind::text;
  int code = 0;      ///< HTTP status or close code
  std::string bytes; ///< payload, reason, or what was wrong

  [[nodiscard]] std::string in_words() const;
};

/// Reads a server's answer and its frames. A pure machine.
class hearing {
public:
  /// The next bytes of the line, cut anywhere.
  void feed(std::string_view bytes, const std::function<void(sound)>& each);
  /// The headers of the 101.
  [[nodiscard]] const std::string& head() const noexcept { return head_; }

private:
  bool take_head(const std::function<void(sound)>& each);
  bool take_frame(const std::function<void(sound)>& each);

  std::string waiting_;
  std::string head_;
  bool is_open_ = false;
  bool is_deaf_ = false; ///< after a Close or nonsense
};

} // namespace callsign::testkit::memory
