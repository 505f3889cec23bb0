/// \file
/// A client that sends exactly the bytes it is told, however wrong, and reads with a limit.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace callsign::test {

inline constexpr std::chrono::milliseconds patience{5000};

/// @context one thread; every read ends at its limit
class raw_client {
public:
  /// Connects; `from` is an IPv4 address of this machine. @errors `std::runtime_error`
  explicit raw_client(std::uint16_t port, const std::string& address = "127.0.0.1",
                      const std::string& from = {});
  raw_client(raw_client&& other) noexcept;
  raw_client& operator=(raw_client&&) = delete;
  ~raw_client();

  /// Everything, unless the other side has closed.
  void send(std::string_view bytes);
  /// Only what the line takes at once. @returns how much that was
  std::size_t send_some(std::string_view bytes);

  /// Up to and including `mark`; what came, if the line ended or the limit passed before.
  [[nodiscard]] std::string read_until(std::string_view mark,
                                       std::chrono::milliseconds limit = patience);
  [[nodiscard]] std::string read_exactly(std::size_t bytes,
                                         std::chrono::milliseconds limit = patience);
  /// Until the other side closes. Nothing if it did not within the limit.
  [[nodiscard]] std::optional<std::string> read_to_end(std::chrono::milliseconds limit = patience);
  /// Whether the other side closed, or reset, the line within the limit.
  [[nodiscard]] bool is_closed(std::chrono::milliseconds limit = patience);
  /// Whether the other side closed it, and did not reset it. What comes before is thrown away.
  [[nodiscard]] bool ends_cleanly(std::chrono::milliseconds limit = patience);
  /// Whether nothing comes for that long.
  [[nodiscard]] bool is_silent(std::chrono::milliseconds span);

  void shut_down_sending();
  /// Closes so that the other side sees a reset.
  void reset();
  void close();
  [[nodiscard]] int native() const noexcept { return fd_; }

private:
  enum class event : unsigned char { bytes, end, reset, nothing };
  event fill(std::chrono::steady_clock::time_point limit);

  int fd_ = -1;
  std::string in_;
};

/// One HTTP answer, taken apart.
struct http_answer {
  int status = 0;
  std::string head;
  std::string body;
  /// The first value of a header; empty if it is not there.
  [[nodiscard]] std::string header(std::string_view name) const;
  [[nodiscard]] bool has(std::string_view name) const;
};

enum class body_rule : unsigned char { by_length, none };

/// Reads one answer. Status 0: none came within the limit.
[[nodiscard]] http_answer read_answer(raw_client& from, body_rule body = body_rule::by_length);

/// A masked frame, as a client sends it.
[[nodiscard]] std::string client_frame(unsigned first_byte, std::string_view payload);
/// A masked Close.
[[nodiscard]] std::string client_close(unsigned code, std::string_view reason = {});

/// One frame of the server.
struct server_frame {
  unsigned first_byte = 0;
  std::string payload;
  [[nodiscard]] unsigned close_code() const {
    if (first_byte != 0x88 || payload.size() < 2)
      return 0;
    return static_cast<unsigned>(static_cast<unsigned char>(payload[0])) << 8 |
           static_cast<unsigned char>(payload[1]);
  }
};

/// First byte 0: none came within the limit.
[[nodiscard]] server_frame read_frame(raw_client& from, std::chrono::milliseconds limit = patience);

/// A handshake that is right, for a path; `more` are further header lines.
[[nodiscard]] std::string good_handshake(std::string_view path, std::string_view more = {});

} // namespace callsign::test
