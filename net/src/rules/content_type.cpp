#include "net/src/rules/content_type.hpp"

#include "net/src/rules/http_text.hpp"

#include <array>
#include <utility>

namespace callsign::rules {

namespace {

using entry = std::pair<std::string_view, std::string_view>;

constexpr std::array kinds{
    entry{"html", "text/html; charset=utf-8"},
    entry{"htm", "text/html; charset=utf-8"},
    entry{"shtml", "text/html; charset=utf-8"},
    entry{"css", "text/css; charset=utf-8"},
    entry{"js", "text/javascript; charset=utf-8"},
    entry{"mjs", "text/javascript; charset=utf-8"},
    entry{"txt", "text/plain; charset=utf-8"},
    entry{"text", "text/plain; charset=utf-8"},
    entry{"log", "text/plain; charset=utf-8"},
    entry{"md", "text/markdown; charset=utf-8"},
    entry{"csv", "text/csv; charset=utf-8"},
    entry{"ics", "text/calendar; charset=utf-8"},
    entry{"xml", "text/xml; charset=utf-8"},
    entry{"vtt", "text/vtt; charset=utf-8"},
    entry{"json", "application/json"},
    entry{"map", "application/json"},
    entry{"jsonld", "application/ld+json"},
    entry{"webmanifest", "application/manifest+json"},
    entry{"xhtml", "application/xhtml+xml; charset=utf-8"},
    entry{"rss", "application/rss+xml; charset=utf-8"},
    entry{"atom", "application/atom+xml; charset=utf-8"},
    entry{"wasm", "application/wasm"},
    entry{"pdf", "application/pdf"},
    entry{"zip", "application/zip"},
    entry{"gz", "application/gzip"},
    entry{"tar", "application/x-tar"},
    entry{"svg", "image/svg+xml; charset=utf-8"},
    entry{"png", "image/png"},
    entry{"jpg", "image/jpeg"},
    entry{"jpeg", "image/jpeg"},
    entry{"gif", "image/gif"},
    entry{"webp", "image/webp"},
    entry{"avif", "image/avif"},
    entry{"bmp", "image/bmp"},
    entry{"ico", "image/vnd.microsoft.icon"},
    entry{"tif", "image/tiff"},
    entry{"tiff", "image/tiff"},
    entry{"mp3", "audio/mpeg"},
    entry{"m4a", "audio/mp4"},
    entry{"ogg", "audio/ogg"},
    entry{"oga", "audio/ogg"},
    entry{"opus", "audio/ogg"},
    entry{"wav", "audio/wav"},
    entry{"flac", "audio/flac"},
    entry{"mp4", "video/mp4"},
    entry{"webm", "video/webm"},
    entry{"ogv", "video/ogg"},
    entry{"woff", "font/woff"},
    entry{"woff2", "font/woff2"},
    entry{"ttf", "font/ttf"},
    entry{"otf", "font/otf"},
};

} // namespace

std::string_view content_type_of(std::string_view path) noexcept {
  const std::size_t slash = path.rfind('/');
  if (slash != std::string_view::npos)
    path.remove_prefix(slash + 1);
  const std::size_t dot = path.rfind('.');
  if (dot != std::string_view::npos) {
    const std::string_view ending = path.substr(dot + 1);
    for (const auto& [known, kind] : kinds) {
      if (same_word(ending, known))
        return kind;
    }
  }
  return "application/octet-stream";
}

} // namespace callsign::rules
