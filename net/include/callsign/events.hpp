/// \file
/// What callbacks are told about errors and ends.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace callsign {

/// A close code of RFC 6455 section 7.4, of the registry, or the application's own (3000 to 4999).
using close_code = std::uint16_t;

/// The close codes that the library knows. (Not named `close`: that is POSIX's, and
/// `using namespace callsign` shall not hide it.)
namespace closing {
inline constexpr close_code normal = 1000;
inline constexpr close_code going_away = 1001;
inline constexpr close_code protocol_error = 1002;
inline constexpr close_code unacceptable_data = 1003;
inline constexpr close_code none = 1005; ///< the client closed without a code; never on the wire
inline constexpr close_code abnormal = 1006; ///< no closing handshake; never on the wire
inline constexpr close_code invalid_utf8 = 1007;
inline constexpr close_code policy = 1008;
inline constexpr close_code too_big = 1009;
inline constexpr close_code internal_error = 1011;
inline constexpr close_code service_restart = 1012;
inline constexpr close_code try_again_later = 1013;
} // namespace closing

/// How a connection ended. @source rules C-18 and C-19; 4D `onTerminate` event
struct termination {
  static constexpr std::string_view type = "terminate";
  close_code code = closing::abnormal;
  /// What the client gave as its reason, or a standard sentence for a standard code; absent
  /// otherwise.
  std::optional<std::string> reason;
};

/// One error of an error event. @source 4D `errors` collection
struct error_item {
  int code = 0; ///< `errCode`: the close code, or the number of an `errc`
  std::string message;
  std::string component; ///< `componentSignature`: "HTTP" for errors of the line, "callsign" for
                         ///< ours, "user" for a handler's
  std::error_code why;   ///< the same to branch on in C++
};

/// What `on_error` is told. @source rules S-7, C-20 to C-22
struct error_event {
  static constexpr std::string_view type = "error";
  std::vector<error_item> errors;
  bool is_fatal = false; ///< the connection ends after this

  /// The message of the first error. @source rule S-7
  [[nodiscard]] std::string_view status_text() const noexcept {
    return errors.empty() ? std::string_view{} : std::string_view{errors.front().message};
  }
  /// Early versions of 4D nested the errors as `status.errors`. @source rule C-21
  struct nested_status {
    const std::vector<error_item>& errors;
  };
  [[nodiscard]] nested_status status() const noexcept { return {errors}; }
};

} // namespace callsign
