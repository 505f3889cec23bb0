/// \file
/// Which server an upgrade request belongs to. A pure machine.
#pragma once

#include <algorithm>
#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace callsign::rules {

/// A server's path, put into one form: percent-decoded; an exact one without a trailing slash. A
/// final `*` makes it a prefix, which is kept without the asterisk.
/// @source rule S-23
struct path_pattern {
  enum class kind : unsigned char { exact, prefix, any };
  kind what = kind::any;
  std::string text;
  friend auto operator<=>(const path_pattern&, const path_pattern&) = default;
};

/// Nothing if the path is bad: not empty and without a leading slash, or an asterisk in the middle.
[[nodiscard]] std::optional<path_pattern> parse_pattern(std::string_view path);

/// Finds the most specific: exact, then the longest prefix, then the server for every path. @source
/// rule S-24
template <class Server>
class path_table {
public:
  /// False: the path is taken.
  [[nodiscard]] bool add(const path_pattern& path, Server who) {
    return all_.emplace(path, std::move(who)).second;
  }
  void remove(const path_pattern& path) { all_.erase(path); }

  [[nodiscard]] const Server* find(std::string_view decoded_path) const {
    std::string path{decoded_path};
    if (path.size() > 1 && path.back() == '/')
      path.pop_back();
    if (const auto* found = at({path_pattern::kind::exact, path}))
      return found;
    // "/rooms/*" takes "/rooms", "/rooms/" and all below, but not "/roomservice"; "/rooms*" takes
    // that, too.
    for (path_pattern key{path_pattern::kind::prefix, path + '/'};;) {
      auto found = all_.upper_bound(key);
      if (found == all_.begin() || (--found)->first.what != path_pattern::kind::prefix)
        break;
      const auto& text = found->first.text;
      const auto differs = std::ranges::mismatch(text, key.text).in1;
      if (differs == text.end())
        return &found->second;
      // A prefix that is longer than what those two share would lie between them.
      key.text.resize(static_cast<std::size_t>(differs - text.begin()));
    }
    return at({path_pattern::kind::any, {}});
  }

  [[nodiscard]] auto begin() const { return all_.begin(); }
  [[nodiscard]] auto end() const { return all_.end(); }
  [[nodiscard]] bool empty() const { return all_.empty(); }

private:
  [[nodiscard]] const Server* at(const path_pattern& key) const {
    const auto found = all_.find(key);
    return found == all_.end() ? nullptr : &found->second;
  }

  std::map<path_pattern, Server> all_;
};

/// Percent-decoding of a path. Nothing for a bad escape, a zero byte, or what is not UTF-8.
[[nodiscard]] std::optional<std::string> decode_path(std::string_view path);

} // namespace callsign::rules
