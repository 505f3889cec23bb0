/// \file
/// An HTTP answer, before it is bytes.
#pragma once

#include "net/src/beast/descriptor.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace callsign::beast {

/// Where the bytes of a body come from: a string of its own, memory that lives long enough, or an
/// open file.
struct answer {
  int status = 200;
  std::string fields;       ///< "Name: value\r\n", any number of them
  std::string content_type; ///< empty: there is no body, not even an empty one
  std::string text;
  std::string_view memory;
  descriptor file;
  std::uint64_t bytes = 0; ///< of the body, wherever it is

  void add(std::string_view name, std::string_view value) {
    fields.append(name).append(": ").append(value).append("\r\n");
  }
};

/// What becomes of the line behind an answer.
enum class afterwards : unsigned char { keep, close };

/// The head of an answer, `Date` and `Content-Length` included.
/// @source RFC 9110 sections 6.6.1, 8.6; RFC 9112 section 9
[[nodiscard]] std::string render_head(const answer& what, std::string_view server_name,
                                      afterwards then, bool is_http10);

} // namespace callsign::beast
