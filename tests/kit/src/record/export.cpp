// A recording as a script.

#include "net/src/rules/http_text.hpp"
#include "tests/kit/src/memory/transcript.hpp"
#include "tests/kit/src/record/notes.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <map>
#include <optional>
#include <utility>

namespace callsign::testkit {

namespace {

/// A text as the language of scripts writes it.
std::string as_text(std::string_view text) {
  std::string all = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\' || c == '$')
      all += '\\';
    if (c == '\n') {
      all += "\\n";
    } else if (c == '\r') {
      all += "\\r";
    } else if (c == '\t') {
      all += "\\t";
    } else if (byte < 0x20 || byte == 0x7F) {
      std::array<char, 12> digits{};
      std::snprintf(digits.data(), digits.size(), "\\u{%X}", static_cast<unsigned>(byte));
      all += digits.data();
    } else {
      all += c;
    }
  }
  return all + '"';
}

/// What every client says by itself, and what the kit says for it.
bool is_told_in_script(std::string_view header, std::string_view value, std::string_view host) {
  constexpr std::array none{"Host",          "Connection",    "Upgrade",         "User-Agent",
                            "Pragma",        "Accept",        "Accept-Encoding", "Accept-Language",
                            "Cache-Control", "Content-Length"};
  const auto is_it = [header](const char* one) { return rules::same_word(one, header); };
  if (std::ranges::any_of(none, is_it) || rules::same_word(header.substr(0, 4), "Sec-"))
    return false;
  // A page of our own.
  return !rules::same_word(header, "Origin") || value != "http://" + std::string{host};
}

class writer {
public:
  writer(const recording::parts& what, bool is_in_order)
      : what_{what}, has_worker_{what.has_worker()}, is_in_order_{is_in_order} {}

  std::string write() {
    text_ = "# From a recording of " + what_.program + ' ' + what_.version + ".\nprogram " +
            what_.program + "\n\n";
    if (!what_.arguments.empty()) {
      text_ += "# The program was started with";
      for (const auto& word : what_.arguments)
        text_ += ' ' + as_text(word);
      text_ += ", and a script is not.\n";
    }
    if (!is_in_order_)
      text_ += "# Callbacks ran on several I/O threads: in which order is not recorded.\n";
    auto now = what_.notes.begin();
    for (; now != what_.notes.end() && now->what() != "stops"; ++now)
      take(*now, now->what());
    if (what_.is_whole)
      end(now);
    else
      break_off();
    return text_;
  }

private:
  struct client {
    const note* asked = nullptr;
    const note* ended = nullptr;
    std::vector<const note*> unhandled;    ///< what it said and the worker has not handled yet
    std::optional<std::size_t> closing_at; ///< what others had done when its end began
    std::size_t handled = 0;               ///< of what it did, by the worker
    bool is_in = false;
    bool has_joined = false;
    bool is_told_goodbye = false;
    bool has_gone = false;
  };

  /// A script cannot stop the program. What was on its way then may come or not.
  void end(std::vector<note>::const_iterator stop) {
    const bool is_in_flight =
        std::ranges::any_of(clients_,
                            [](const auto& one) { return !one.second.unhandled.empty(); }) ||
        std::any_of(stop, what_.notes.end(),
                    [](const note& one) { return one.what() == "hears" && !one.has("goodbye"); });
    if (!is_in_flight) {
      text_ += "quiet\n";
      return;
    }
    text_ += "# The program was stopped while something was on its way.\n";
    for (const auto& [number, who] : clients_) {
      if (who.has_joined && !who.has_gone && !who.is_told_goodbye)
        add(number, "hears anything");
    }
  }

  void break_off() {
    for (const auto& [number, who] : clients_) {
      for (const auto& left : who.unhandled)
        says(number, *left);
    }
    text_ += "# Here the recording breaks off.\n";
  }

  void add(std::uint32_t number, const std::string& words) {
    text_ += name_of_client(number) + ' ' + words + '\n';
  }

  void take(const note& now, const std::string& what) {
    if (what == "runs" && now.has("client"))
      return handled(now);
    if (what == "runs" && now.text("kind") == "timer")
      return time_passes(now);
    if (now.client() == 0)
      return;
    auto& who = clients_[now.client()];
    if (what == "asks")
      who.asked = &now;
    else if (what == "says" && !has_worker_)
      says(now.client(), now);
    else if (what == "says")
      who.unhandled.push_back(&now);
    else if (what == "admitted")
      joins(now.client());
    else if (what == "answered" || what == "refused")
      is_refused(now);
    else if (what == "hears")
      hears(now);
    else if (what == "closing") {
      who.is_in = true;
      who.closing_at = done_by_others(who);
    } else if (what == "dropped")
      is_cut_off(now);
    else if (what == "ended" && !has_worker_)
      leaves(now);
    else if (what == "ended")
      is_over(now);
  }

  /// The order in which the worker handles things is that of the script.
  void handled(const note& now) {
    auto& who = clients_[now.client()];
    const auto kind = now.text("kind");
    ++handled_;
    ++who.handled;
    if (kind == "requested") {
      joins(now.client());
    } else if (kind == "received" && !who.unhandled.empty()) {
      const auto* what = who.unhandled.front();
      who.unhandled.erase(who.unhandled.begin());
      says(now.client(), *what);
    } else if (kind == "closed" && who.ended != nullptr) {
      leaves(*who.ended);
    }
  }

  [[nodiscard]] std::size_t done_by_others(const client& than) const {
    return handled_ - than.handled;
  }

  void joins(std::uint32_t number) {
    auto& who = clients_[number];
    if (who.asked == nullptr || std::exchange(who.has_joined, true))
      return;
    std::string words = "joins " + who.asked->text("url");
    const auto from = who.asked->text("from");
    if (from != "127.0.0.1" && from != "::1" && !from.empty())
      words += " from " + from;
    const auto headers = who.asked->texts("headers");
    std::string host;
    for (std::size_t i = 0; i + 1 < headers.size(); i += 2) {
      if (rules::same_word(headers[i], "Host"))
        host = headers[i + 1];
    }
    for (std::size_t i = 0; i + 1 < headers.size(); i += 2) {
      if (is_told_in_script(headers[i], headers[i + 1], host))
        words += " with " + as_text(headers[i] + ": " + headers[i + 1]);
    }
    for (const auto& one : who.asked->texts("subprotocols"))
      words += " speaking " + one;
    add(number, words);
    began_ = who.asked->time();
  }

  void says(std::uint32_t number, const note& what) {
    add(number,
        "-> " + (what.is_text() ? as_text(what.message()) : memory::in_hex_whole(what.message())));
    began_ = what.time();
  }

  void is_refused(const note& now) {
    joins(now.client());
    if (now.number("status") == 503 && now.what() == "refused")
      time_passes(now);
    add(now.client(), "is refused " + std::to_string(now.number("status")));
    clients_[now.client()].has_gone = true;
  }

  void hears(const note& now) {
    if (!now.has("goodbye")) {
      add(now.client(),
          "<- " + (now.is_text() ? as_text(now.message()) : memory::in_hex_whole(now.message())));
      return;
    }
    auto& who = clients_[now.client()];
    // The answer to the client's own goodbye is heard by nobody.
    if (who.is_in)
      return;
    who.is_told_goodbye = true;
    time_passes(now);
    add(now.client(), "is told goodbye " + std::to_string(now.number("goodbye")) +
                          (now.text("reason").empty() ? "" : ' ' + as_text(now.text("reason"))));
  }

  void is_cut_off(const note& now) {
    auto& who = clients_[now.client()];
    if (std::exchange(who.has_gone, true))
      return;
    text_ += "# " + name_of_client(now.client()) + " answers nothing any more\n";
    add(now.client(), who.is_told_goodbye ? "ignores goodbyes" : "falls silent");
    time_passes(now);
    if (who.is_told_goodbye)
      add(now.client(), "is cut off");
  }

  /// Its line is; the worker hears of it later. Who does not say goodbye hears nothing any more.
  void is_over(const note& now) {
    auto& who = clients_[now.client()];
    who.ended = &now;
    if (!who.closing_at)
      who.closing_at = done_by_others(who);
    if (who.has_joined && !who.has_gone && !who.is_told_goodbye && now.text("cause") != "closed")
      add(now.client(), "falls silent");
  }

  void leaves(const note& now) {
    auto& who = clients_[now.client()];
    if (std::exchange(who.has_gone, true) || who.is_told_goodbye)
      return;
    for (const auto* left : std::exchange(who.unhandled, {}))
      says(now.client(), *left);
    const auto cause = now.text("cause");
    const auto code = now.number("code");
    if (cause == "closed")
      add(now.client(), "leaves" + (code == 0 ? "" : ' ' + std::to_string(code)) +
                            (now.text("reason").empty() ? "" : ' ' + as_text(now.text("reason"))));
    else if (cause == "line_lost" || cause == "dropped")
      add(now.client(), "vanishes");
    else
      text_ += "# " + name_of_client(now.client()) + " broke a rule (" + cause +
               "); a recording does not hold how\n" + name_of_client(now.client()) + " vanishes\n";
    // In the script it goes now. What others did since its end began, it may hear there.
    if (has_worker_ && who.closing_at && done_by_others(who) > *who.closing_at)
      add(now.client(), "hears anything");
    began_ = now.time();
  }

  /// What comes now comes because it is time.
  void time_passes(const note& now) {
    const auto passed = std::chrono::duration_cast<std::chrono::milliseconds>(now.time() - began_);
    if (passed >= std::chrono::milliseconds{500})
      text_ += "pass " + std::to_string(passed.count()) + "ms\n";
    began_ = now.time();
  }

  const recording::parts& what_;
  const bool has_worker_; ///< else callbacks run in the connections, as things come
  const bool is_in_order_;
  std::string text_;
  std::map<std::uint32_t, client> clients_;
  std::size_t handled_ = 0;            ///< by the worker, of all clients
  std::chrono::microseconds began_{0}; ///< the last thing that somebody did
};

} // namespace

std::string recording::as_script() const { return writer{*parts_, has_whole_order()}.write(); }

} // namespace callsign::testkit
