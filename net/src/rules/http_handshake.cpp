#include "net/src/rules/http_handshake.hpp"

#include "net/src/rules/extension_list.hpp"
#include "net/src/rules/http_text.hpp"

#include <cstddef>

namespace callsign::rules {

namespace {

constexpr std::string_view base64 =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Sixteen bytes in base64: 22 characters, the last with four empty bits, and two equals signs.
[[nodiscard]] bool is_key(std::string_view key) noexcept {
  if (key.size() != 24 || !key.ends_with("=="))
    return false;
  for (const char c : key.substr(0, 22)) {
    if (base64.find(c) == std::string_view::npos)
      return false;
  }
  return base64.find(key[21]) % 16 == 0;
}

[[nodiscard]] handshake_verdict malformed(std::string_view why) {
  return {handshake_fault::malformed, why};
}

} // namespace

bool wants_websocket(const request_head& head) noexcept {
  for (const auto& [name, value] : head.headers) {
    if (same_word(name, "Upgrade") && list_has(value, "websocket"))
      return true;
    if (same_word(name, "Sec-WebSocket-Key"))
      return true;
  }
  return false;
}

bool may_begin_frame(char first) noexcept {
  const auto byte = static_cast<unsigned char>(first);
  const unsigned opcode = byte & 0x0FU;
  return (byte & 0x70U) == 0 && (opcode <= 2 || (opcode >= 8 && opcode <= 10));
}

handshake_verdict check_handshake(const request_head& head, const request_meaning& asked,
                                  std::string_view early, handshake& into) {
  if (head.method != "GET")
    return {handshake_fault::wrong_method, "only GET opens a WebSocket"};
  if (head.version != 11)
    return malformed("a WebSocket is opened with HTTP/1.1");
  if (asked.is_absolute)
    return malformed("a WebSocket is opened by its path alone");

  std::size_t upgrades = 0;
  std::size_t keys = 0;
  std::size_t versions = 0;
  bool is_upgrade_right = true;
  bool asks_upgrade = false;
  bool is_version_right = true;
  for (const auto& [name, value] : head.headers) {
    if (same_word(name, "Upgrade")) {
      ++upgrades;
      is_upgrade_right = is_upgrade_right && same_word(value, "websocket");
    } else if (same_word(name, "Connection")) {
      asks_upgrade = asks_upgrade || list_has(value, "upgrade");
    } else if (same_word(name, "Content-Length") || same_word(name, "Transfer-Encoding")) {
      return malformed("a request that opens a WebSocket has no body");
    } else if (same_word(name, "Sec-WebSocket-Key")) {
      ++keys;
      into.key = value;
    } else if (same_word(name, "Sec-WebSocket-Version")) {
      ++versions;
      is_version_right = is_version_right && value == "13";
    } else if (same_word(name, "Sec-WebSocket-Protocol")) {
      const bool is_good = for_each_element(value, [&into](std::string_view offered) {
        into.subprotocols.emplace_back(offered);
        return is_token(offered);
      });
      if (!is_good)
        return malformed("a subprotocol is no token");
    } else if (same_word(name, "Sec-WebSocket-Extensions") && !is_extension_list(value)) {
      return malformed("the list of extensions is malformed");
    }
  }
  if (upgrades != 1 || !is_upgrade_right)
    return malformed("the Upgrade header does not name websocket alone");
  if (!asks_upgrade)
    return malformed("the Connection header does not name upgrade");
  if (versions != 1 || !is_version_right) {
    return {handshake_fault::version, "only version 13 of the protocol is spoken here"};
  }
  if (keys != 1 || !is_key(into.key))
    return malformed("the key is not 16 bytes in base64");
  if (!early.empty() && !may_begin_frame(early.front())) {
    return malformed("what follows the request is no frame");
  }
  return {};
}

} // namespace callsign::rules
