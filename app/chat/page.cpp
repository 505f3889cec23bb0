#include "app/chat/page.hpp"

#include <algorithm>
#include <stdexcept>

namespace chat {

namespace {

constexpr std::string_view index_path = "/index.html";

constexpr auto policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

std::string escaped(std::string_view text) {
  std::string html;
  for (const char c : text) {
    switch (c) {
    case '&': html += "&amp;"; break;
    case '<': html += "&lt;"; break;
    case '>': html += "&gt;"; break;
    case '"': html += "&quot;"; break;
    case '\'': html += "&#39;"; break;
    default: html += c;
    }
  }
  return html;
}

std::string_view embedded_index() {
  const auto files = embedded_files();
  const auto found = std::ranges::find(files, index_path, &callsign::memory_file::path);
  if (found == files.end())
    throw std::logic_error{"no index.html was built into this program"};
  return found->content;
}

} // namespace

std::string with_meta(std::string_view html, std::string_view name, std::string_view content) {
  const auto element = "callsign-" + std::string{name};
  const auto before = "<meta name=\"" + element + "\" content=\"";
  const auto at = html.find(before);
  if (at == html.npos || html.find(before, at + 1) != html.npos)
    throw std::logic_error{"the page does not have exactly one meta element \"" + element + '"'};
  const auto begin = at + before.size();
  const auto end = html.find('"', begin);
  if (end == html.npos)
    throw std::logic_error{"the meta element \"" + element + "\" of the page does not end"};
  return std::string{html.substr(0, begin)} + escaped(content) + std::string{html.substr(end)};
}

page::page(std::string_view socket_path, std::size_t max_message)
    : index_{with_meta(with_meta(embedded_index(), "path", socket_path), "max-message",
                       std::to_string(max_message))} {}

program::own_page page::files() const {
  const auto embedded = embedded_files();
  program::own_page own{
      .files = {embedded.begin(), embedded.end()},
      .headers = {{"Content-Security-Policy", policy}, {"Referrer-Policy", "no-referrer"}}};
  std::ranges::find(own.files, index_path, &callsign::memory_file::path)->content = index_;
  return own;
}

} // namespace chat
