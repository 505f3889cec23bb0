#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace bench::wire {

/// Owns one file descriptor.
class descriptor {
public:
  descriptor() noexcept = default;
  explicit descriptor(int number) noexcept : number_{number} {}
  descriptor(descriptor&& other) noexcept : number_{std::exchange(other.number_, -1)} {}
  descriptor& operator=(descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  ~descriptor() { reset(); }

  [[nodiscard]] int number() const noexcept { return number_; }
  [[nodiscard]] bool is_open() const noexcept { return number_ >= 0; }
  void reset() noexcept;

private:
  int number_ = -1;
};

/// An IPv4 address and port, in the machine's own byte order.
struct endpoint {
  std::uint32_t address = 0x7F000001;
  std::uint16_t port = 0;
};

/// Where a client connects to.
struct target {
  std::string host;
  std::string path;
  endpoint at;
};

/// Splits `ws://ADDRESS:PORT/PATH`; the address is numeric or `localhost`.
///
/// @errors  `std::invalid_argument` with the reason
target parse_url(std::string_view url);

/// Throws a `std::system_error` made from `errno`, saying what was being attempted.
[[noreturn]] void throw_errno(const char* attempt);

/// A socket that listens on 127.0.0.1 and does not block.
///
/// @units   `port` 0 takes a free one
/// @errors  `std::system_error`
descriptor listen_on_loopback(std::uint16_t port);

/// The port a listening socket got.
std::uint16_t local_port(const descriptor& socket);

/// Starts to connect from `source` (0 lets the kernel choose) without blocking.
///
/// @errors  `std::system_error` when it fails at once
descriptor start_connect(const endpoint& to, std::uint32_t source);

/// Switches Nagle's algorithm off.
void set_no_delay(const descriptor& socket);

/// Raises the number of files this process may hold open as far as it is allowed.
void raise_file_limit();

} // namespace bench::wire
