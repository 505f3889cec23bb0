/// \file
/// What travels on the wire.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace callsign {

/// How a message travels: as a text frame (UTF-8) or as a binary frame.
enum class message_kind : unsigned char { text, binary };

/// One complete message. Copies share the bytes, which nobody can change: a message heard can be
/// sent on for free.
///
/// For data type `object` the text is JSON; `callsign/native/json.hpp` reads and writes it as a
/// value.
///
/// @context any thread
class message {
public:
  message() : message{std::string{}} {}
  /// A text message. UTF-8 is checked where it is sent.
  message(std::string text) : message{message_kind::text, std::move(text)} {}
  message(std::string_view text) : message{std::string{text}} {}
  message(const char* text) : message{std::string{text}} {}
  message(message_kind kind, std::string bytes)
      : bytes_{std::make_shared<const std::string>(std::move(bytes))}, kind_{kind} {}

  [[nodiscard]] static message binary(std::string bytes) {
    return {message_kind::binary, std::move(bytes)};
  }
  [[nodiscard]] static message binary(std::span<const std::byte> bytes) {
    return {message_kind::binary,
            std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size())};
  }

  [[nodiscard]] message_kind kind() const noexcept { return kind_; }
  [[nodiscard]] bool is_text() const noexcept { return kind_ == message_kind::text; }
  [[nodiscard]] bool is_binary() const noexcept { return kind_ == message_kind::binary; }
  /// The bytes, as text; for a binary message, whatever they are.
  [[nodiscard]] std::string_view text() const noexcept { return *bytes_; }
  [[nodiscard]] std::span<const std::byte> bytes() const noexcept {
    return std::as_bytes(std::span{*bytes_});
  }
  [[nodiscard]] std::size_t size() const noexcept { return bytes_->size(); }

  friend bool operator==(const message& a, const message& b) noexcept {
    return a.kind_ == b.kind_ && *a.bytes_ == *b.bytes_;
  }

private:
  std::shared_ptr<const std::string> bytes_;
  message_kind kind_;
};

} // namespace callsign
