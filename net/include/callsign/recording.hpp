/// \file
/// What a server writes down while it runs, so that its conversation can be played again.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace callsign {

/// A recording of everything that reaches a network from outside, in the order in which it was
/// handled; `callsign-script replay` runs it again (docs/testing.md).
///
/// It holds what people wrote. Only the owner of the process can read the file; what may not be in
/// it at all is hidden here.
struct record_options {
  /// A file that does not exist yet. Empty: nothing is recorded.
  std::string file = {};
  /// Which program must run to make the same of it, and as what it was started.
  std::string program = {};
  std::string version = {};
  std::vector<std::string> arguments = {};

  /// Values under these names, in JSON messages and in the URL's query, are replaced by as many
  /// stars, or by ones if they are no strings.
  std::vector<std::string> hidden_fields = {};
  /// Values of these headers are replaced by stars.
  std::vector<std::string> hidden_headers = {"Cookie", "Authorization", "Proxy-Authorization"};
  /// All messages and reasons of closes are replaced by stars.
  bool hides_messages = false;

  /// @units bytes of the file; where it is full, it says so and the server goes on without it
  std::size_t max_bytes = 64 * 1024 * 1024;
};

} // namespace callsign
