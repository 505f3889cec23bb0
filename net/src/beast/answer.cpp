#include "net/src/beast/answer.hpp"

#include "net/src/rules/http_page.hpp"
#include "net/src/rules/http_validators.hpp"

#include <ctime>

namespace callsign::beast {

namespace {

/// Made once a second for each thread.
[[nodiscard]] const std::string& date_of_now() {
  thread_local std::time_t made = 0;
  thread_local std::string text;
  const std::time_t now = std::time(nullptr);
  if (now != made) {
    text = rules::http_date(now);
    made = now;
  }
  return text;
}

} // namespace

std::string render_head(const answer& what, std::string_view server_name, afterwards then,
                        bool is_http10) {
  std::string head = "HTTP/1.1 " + std::to_string(what.status) + " ";
  head += rules::reason_phrase(what.status);
  head += "\r\nDate: ";
  head += date_of_now();
  head += "\r\n";
  if (!server_name.empty())
    head.append("Server: ").append(server_name).append("\r\n");
  if (!what.content_type.empty()) {
    head.append("Content-Type: ").append(what.content_type).append("\r\n");
    head.append("Content-Length: ").append(std::to_string(what.bytes)).append("\r\n");
  } else if (what.status != 204 && what.status != 304) {
    head += "Content-Length: 0\r\n";
  }
  head += "X-Content-Type-Options: nosniff\r\n";
  head += what.fields;
  if (what.status == 426) {
    head +=
        then == afterwards::close ? "Connection: Upgrade, close\r\n" : "Connection: Upgrade\r\n";
  } else if (then == afterwards::close) {
    head += "Connection: close\r\n";
  } else if (is_http10) {
    head += "Connection: keep-alive\r\n";
  }
  return head + "\r\n";
}

} // namespace callsign::beast
