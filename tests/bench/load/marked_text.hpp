#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace bench {

/// Who sent a message, and which of its messages it is; both count from 0.
struct mark {
  std::uint32_t sender = 0;
  std::uint32_t number = 0;
};

/// Writes and checks the payloads of a run: `~SSSSSS:NNNNNNNN` in hexadecimal, then padding that
/// depends on the mark, so that bytes of two messages cannot be confused unnoticed.
class marked_text {
public:
  static constexpr std::size_t mark_size = 16;

  /// @errors  `std::invalid_argument` when `size` leaves no room for the mark
  explicit marked_text(std::size_t size);

  /// The payload for `which`; valid until the next call.
  [[nodiscard]] std::string_view write(mark which);

  /// The mark of `text`, or nothing when it is not a whole and undamaged payload of this run.
  [[nodiscard]] std::optional<mark> read(std::string_view text) const noexcept;

private:
  [[nodiscard]] std::string_view padding(mark which) const noexcept;

  std::string text_;
  std::string pattern_;
};

} // namespace bench
