#include "net/src/rules/http_page.hpp"

#include "net/src/rules/http_text.hpp"

namespace callsign::rules {

std::string_view reason_phrase(int status) noexcept {
  switch (status) {
  case 100: return "Continue";
  case 101: return "Switching Protocols";
  case 200: return "OK";
  case 204: return "No Content";
  case 301: return "Moved Permanently";
  case 304: return "Not Modified";
  case 400: return "Bad Request";
  case 401: return "Unauthorized";
  case 403: return "Forbidden";
  case 404: return "Not Found";
  case 405: return "Method Not Allowed";
  case 408: return "Request Timeout";
  case 409: return "Conflict";
  case 410: return "Gone";
  case 413: return "Content Too Large";
  case 414: return "URI Too Long";
  case 417: return "Expectation Failed";
  case 426: return "Upgrade Required";
  case 429: return "Too Many Requests";
  case 431: return "Request Header Fields Too Large";
  case 500: return "Internal Server Error";
  case 501: return "Not Implemented";
  case 503: return "Service Unavailable";
  case 505: return "HTTP Version Not Supported";
  default: return "Error";
  }
}

std::string status_page(int status, std::string_view why) {
  const std::string title = std::to_string(status) + " " + std::string{reason_phrase(status)};
  std::string page = "<!DOCTYPE html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><title>";
  page += title;
  page += "</title></head>\n<body>\n<h1>";
  page += title;
  page += "</h1>\n";
  if (!why.empty())
    page += "<p>" + escape_html(why) + "</p>\n";
  return page + "</body>\n</html>\n";
}

} // namespace callsign::rules
