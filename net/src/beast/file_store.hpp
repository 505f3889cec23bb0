/// \file
/// The files of a web server: from memory first, then from a folder that nothing leads out of.
#pragma once

#include "net/src/beast/descriptor.hpp"

#include <callsign/web_server.hpp>

#include <cstdint>
#include <ctime>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace callsign::beast {

/// A file that was found, open or in memory.
struct found_file {
  std::string_view content; ///< in memory, if `on_disk` is empty
  descriptor on_disk;
  std::uint64_t bytes = 0;
  std::string tag;
  std::optional<std::time_t> modified;
  std::string type;
};

struct lookup {
  enum class kind : unsigned char {
    file,
    folder, ///< asked for without its slash
    nothing,
    no_means, ///< the process may open no more files
  };
  kind what = kind::nothing;
  found_file file;
};

/// @context any thread; reading a folder may block for as long as its disk does
class file_store {
public:
  /// Opens the root. @errors in `failed`: it is no folder, or may not be read
  file_store(const std::vector<memory_file>& files, const std::string& root, std::string index,
             std::error_code& failed);

  /// @param path percent-decoded
  [[nodiscard]] lookup find(std::string_view path) const;
  /// A page that takes the place of a built-in one, at most 256 KiB of it. @source rule H-12
  [[nodiscard]] std::optional<std::string> read_page(const std::string& name) const;

private:
  struct kept {
    std::string_view content;
    std::string tag;
    std::string type;
  };

  [[nodiscard]] lookup find_on_disk(const std::string& name) const;
  /// Opens below the root, following no link that leads out of it.
  [[nodiscard]] descriptor open_below(const std::string& name, int& why) const;

  std::map<std::string, kept, std::less<>> kept_;
  descriptor root_;
  std::string index_;
};

} // namespace callsign::beast
