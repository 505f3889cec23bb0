/// \file
/// The head of a request: where it ends, and what stands in it. A pure machine.
#pragma once

#include <callsign/request.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace callsign::rules {

/// What is wrong with a request: an HTTP status and a sentence. Status 0: nothing.
struct complaint {
  int status = 0;
  std::string_view why;
  [[nodiscard]] explicit operator bool() const noexcept { return status != 0; }
};

struct head_limits {
  std::size_t max_bytes =
      8 * 1024; ///< request line and headers with their line ends; over it: 414 or 431
  std::size_t max_headers = 100; ///< over it: 431
};

/// Looks for the end of a head as its bytes come, each byte once, and refuses at the first byte
/// that cannot stand in one: a bare line feed, a control character, the first byte of a TLS
/// greeting. One empty line in front is skipped.
///
/// @source RFC 9112 sections 2.2, 3 and 5
class head_scanner {
public:
  enum class state : unsigned char { more, complete, bad };

  head_scanner() = default;
  explicit head_scanner(head_limits limits) : limits_{limits} {}

  /// @param all every byte of this request so far; what was looked at before must not have changed
  [[nodiscard]] state look(std::string_view all);
  [[nodiscard]] bool has_begun() const noexcept { return at_ > begin_; }
  /// Where the request line begins (behind an empty line), and where the head ends, its empty line
  /// included.
  [[nodiscard]] std::size_t begin() const noexcept { return begin_; }
  [[nodiscard]] std::size_t end() const noexcept { return at_; }
  [[nodiscard]] const complaint& wrong() const noexcept { return wrong_; }

private:
  state refuse(int status, std::string_view why);
  /// What is wrong with one byte inside a line.
  [[nodiscard]] complaint check(char c) const;

  head_limits limits_;
  std::size_t at_ = 0;
  std::size_t begin_ = 0;
  std::size_t line_begin_ = 0;
  std::size_t lines_ = 0;
  bool is_behind_cr_ = false;
  complaint wrong_;
};

/// A head, taken apart. Header names and values as they were sent.
struct request_head {
  std::string method;
  std::string target;
  unsigned version = 11; ///< 10 or 11
  header_list headers;
};

/// Takes apart what the scanner found complete.
/// @returns what is wrong: no request line, another version (505), a space before a colon, a folded
/// header
/// @source RFC 9112 sections 3 to 5
[[nodiscard]] complaint parse_head(std::string_view head, request_head& into);

} // namespace callsign::rules
