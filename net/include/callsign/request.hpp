/// \file
/// The HTTP request by which a client asks to come in.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace callsign {

/// The headers of a request, in the order and spelling in which they came. @source rule S-10
class header_list {
public:
  using value_type = std::pair<std::string, std::string>;

  void add(std::string name, std::string value) {
    all_.emplace_back(std::move(name), std::move(value));
  }
  /// The first value under that name, in any case.
  [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const;
  /// All values under that name, in any case; a repeated header has several.
  [[nodiscard]] std::vector<std::string_view> values(std::string_view name) const;
  [[nodiscard]] auto begin() const noexcept { return all_.begin(); }
  [[nodiscard]] auto end() const noexcept { return all_.end(); }
  [[nodiscard]] std::size_t size() const noexcept { return all_.size(); }
  [[nodiscard]] bool empty() const noexcept { return all_.empty(); }

private:
  std::vector<value_type> all_;
};

/// @source 4D `request` object (section 2.4 of the 4D rules)
struct request {
  header_list headers;
  /// Decoded URL parameters; of a repeated one, the last.
  std::map<std::string, std::string, std::less<>> query;
  std::string url;  ///< the target as sent: path and query
  std::string path; ///< the path alone, percent-decoded
  std::string
      remote_address; ///< bare address; an IPv4-mapped IPv6 address as dotted IPv4 (rule S-11)
  std::uint16_t remote_port = 0;
  std::vector<std::string> subprotocols; ///< as offered, in order
};

} // namespace callsign
