/// \file
/// Entity tags and dates: whether the client's copy is still good. Pure rules.
#pragma once

#include <cstdint>
#include <ctime>
#include <optional>
#include <string>
#include <string_view>

namespace callsign::rules {

/// A strong tag of what the bytes are, quotes included. @source FNV-1a, 64 bits, and the length
[[nodiscard]] std::string tag_of_content(std::string_view content);
/// A strong tag of one version of a file.
[[nodiscard]] std::string tag_of_file(std::uint64_t bytes, std::int64_t modified_ns,
                                      std::uint64_t inode);

/// Whether an If-None-Match header names the tag: in its list, compared weakly, or `*`. @source RFC
/// 9110 section 13.1.2
[[nodiscard]] bool names_tag(std::string_view if_none_match, std::string_view tag) noexcept;

/// `Sun, 06 Nov 1994 08:49:37 GMT`, in whatever locale. @source RFC 9110 section 5.6.7
[[nodiscard]] std::string http_date(std::time_t when);
/// The preferred form only. Nothing for what is no date, as the standard wants such headers
/// ignored.
[[nodiscard]] std::optional<std::time_t> parse_http_date(std::string_view text) noexcept;

} // namespace callsign::rules
