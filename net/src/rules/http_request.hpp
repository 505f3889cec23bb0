/// \file
/// What a request means: body, line, method. A pure rule.
#pragma once

#include "net/src/rules/http_head.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace callsign::rules {

enum class http_method : unsigned char { get, head, options, other_known, unknown };

[[nodiscard]] http_method method_of(std::string_view name) noexcept;

/// A request that may be answered.
struct request_meaning {
  http_method method = http_method::unknown;
  std::string path;             ///< percent-decoded; "*" for OPTIONS
  std::string raw_path;         ///< as sent
  std::string query;            ///< as sent
  std::uint64_t body_bytes = 0; ///< announced
  bool is_chunked = false;
  bool keeps_line = true; ///< the client would like to send another request
  bool expects_continue = false;
  bool is_absolute = false; ///< the target named the host
  [[nodiscard]] bool has_body() const noexcept { return body_bytes > 0 || is_chunked; }
};

/// Reads the meaning, or says what is wrong: Host missing or twice, a target that is none, a body
/// of unclear length (400), an unknown transfer coding (501), a body over the limit (413), an
/// unknown expectation (417). An absolute target's authority takes the place of the Host header.
///
/// @source RFC 9110 sections 7.2, 10.1.1; RFC 9112 sections 3.2, 6, 9.3
[[nodiscard]] complaint understand(request_head& head, std::size_t max_body_bytes,
                                   request_meaning& into);

} // namespace callsign::rules
