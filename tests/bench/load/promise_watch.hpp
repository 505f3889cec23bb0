#pragma once

#include "load/options.hpp"

#include <callsign/testkit/promises.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace bench {

/// Tells the test kit's checker of promises what the clients of a load run say and hear.
///
/// Clients that never read are not watched.
class promise_watch {
public:
  explicit promise_watch(const load_options& options);

  void admitted(std::size_t client);
  void said(std::size_t client, std::string_view text);
  void heard(std::size_t client, std::string_view text);
  /// A Close frame has come.
  void closed(std::size_t client);
  /// The line is gone.
  void ended(std::size_t client);

  /// Everything should have arrived: what is missing now is lost. Then all leave.
  void part();

  [[nodiscard]] std::vector<std::string> broken() const;

private:
  [[nodiscard]] bool is_watched(std::size_t client) const noexcept {
    return client < names_.size();
  }

  std::vector<std::string> names_;
  std::vector<bool> is_closed_;
  callsign::testkit::promises promises_;
  /// Of those that were broken when all left; who has left has lost nothing.
  std::vector<std::string> before_;
};

} // namespace bench
