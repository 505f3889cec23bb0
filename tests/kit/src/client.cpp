#include <callsign/testkit/client.hpp>

#include "net/src/rules/http_text.hpp"
#include "tests/kit/src/memory/client_state.hpp"
#include "tests/kit/src/script/json_pattern.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <utility>

namespace callsign::testkit {

using memory::sound;

void client::state::fail(const std::source_location& at, const std::string& text) const {
  ADD_FAILURE_AT(at.file_name(), static_cast<int>(at.line())) << text << spoken->last();
}

std::optional<sound> client::state::next() {
  if (line == nullptr)
    return sound{sound::kind::refused, 0, {}};
  if (line->heard.empty())
    return std::nullopt;
  auto first = std::move(line->heard.front());
  line->heard.pop_front();
  return first;
}

void client::state::takes_its_share() {
  slow->next += slow->each;
  if (line == nullptr || line->is_over())
    slow.reset();
  else
    line->renew_room(slow->bytes);
}

std::string client::state::rest_in_words() const {
  std::string text;
  if (line == nullptr)
    return text;
  constexpr std::size_t most = 8;
  for (std::size_t i = 0; i < line->heard.size() && i < most; ++i)
    text += (i == 0 ? "" : ", ") + line->heard[i].in_words();
  if (line->heard.size() > most)
    text += ", and " + std::to_string(line->heard.size() - most) + " more";
  return text;
}

std::string client::state::silence_in_words() const {
  if (line == nullptr)
    return "nobody listens there";
  return line->is_over() ? "it hears nothing; its line is over" : "it hears nothing";
}

void client::state::must_hear(const sound& expected, bool with_bytes,
                              const std::source_location& at) {
  settle(at);
  const auto first = next();
  if (first && first->what == expected.what && first->code == expected.code &&
      (!with_bytes || first->bytes == expected.bytes))
    return;
  std::string text = name + " should hear " + expected.in_words() + ", but ";
  text += first ? "hears " + first->in_words() : silence_in_words();
  if (first && line != nullptr && !line->heard.empty())
    text += "; then " + rest_in_words();
  fail(at, text);
}

// -- what it does ---------------------------------------------------------------------------------

namespace {

/// A client that nobody listened to does nothing.
template <class Deed>
void act(client::state& who, const std::source_location& at, Deed deed) {
  if (who.line != nullptr)
    deed(*who.line);
  who.settle(at);
}

} // namespace

void client::says(std::string_view text, where at) {
  act(*state_, at, [&](memory::line& line) { line.say(message_kind::text, std::string{text}); });
}

void client::says_binary(std::string_view bytes, where at) {
  act(*state_, at, [&](memory::line& line) { line.say(message_kind::binary, std::string{bytes}); });
}

void client::begins_to_say(std::string_view part, where at) {
  act(*state_, at, [&](memory::line& line) { line.begin_to_say(std::string{part}); });
}

void client::pings(where at) {
  act(*state_, at, [](memory::line& line) { line.ping("are you there"); });
}

void client::breaks_the_protocol(where at) {
  act(*state_, at, [](memory::line& line) { line.break_protocol(); });
}

void client::leaves(int code, std::string_view reason, where at) {
  act(*state_, at, [&](memory::line& line) { line.close(code, std::string{reason}); });
}

void client::vanishes(where at) {
  act(*state_, at, [](memory::line& line) { line.vanish(); });
}

void client::falls_silent(where at) {
  if (state_->spoken->watched)
    state_->spoken->watched->leaves(state_->name);
  act(*state_, at, [](memory::line& line) { line.fall_silent(); });
}

void client::ignores_goodbyes() {
  if (state_->line != nullptr)
    state_->line->ignore_close();
}

void client::stops_reading(std::size_t after) {
  state_->slow.reset();
  if (state_->line != nullptr)
    state_->line->set_room(after);
}

void client::reads_slowly(std::size_t bytes, std::chrono::nanoseconds each, where at) {
  if (bytes == 0 || each.count() <= 0)
    return state_->fail(at, state_->name + " cannot read slowly without bytes or without time");
  state_->slow = {bytes, each, state_->now() + each};
  act(*state_, at, [&](memory::line& line) { line.set_room(bytes); });
}

void client::reads_again(where at) {
  state_->slow.reset();
  act(*state_, at, [](memory::line& line) { line.set_room(std::nullopt); });
}

// -- what it must hear ----------------------------------------------------------------------------

void client::hears(std::string_view text, where at) {
  state_->must_hear({sound::kind::text, 0, std::string{text}}, true, at);
}

void client::hears_binary(std::string_view bytes, where at) {
  state_->must_hear({sound::kind::binary, 0, std::string{bytes}}, true, at);
}

void client::hears_json(std::string_view pattern, where at) {
  if (const auto wrong = pattern_complaint(pattern); !wrong.empty())
    return state_->fail(at, "the pattern " + std::string{pattern} + " is no JSON: " + wrong);
  state_->settle(at);
  const auto first = state_->next();
  if (first && first->what == sound::kind::text && fits_pattern(pattern, first->bytes))
    return;
  state_->fail(at, state_->name + " should hear JSON with " + std::string{pattern} + ", but " +
                       (first ? "hears " + first->in_words() : state_->silence_in_words()));
}

void client::hears_pong(where at) { state_->must_hear({sound::kind::pong, 0, {}}, false, at); }

void client::hears_in_any_order(std::vector<std::string> texts, where at) {
  state_->settle(at);
  std::vector<std::string> missing = std::move(texts);
  while (!missing.empty()) {
    const auto first = state_->next();
    const auto found = first && first->what == sound::kind::text
                           ? std::ranges::find(missing, first->bytes)
                           : missing.end();
    if (found != missing.end()) {
      missing.erase(found);
      continue;
    }
    std::string text = state_->name + " should hear, in any order, ";
    for (std::size_t i = 0; i < missing.size(); ++i)
      text += (i == 0 ? "" : ", ") + memory::in_quotes(missing[i]);
    text += ", but " + (first ? "hears " + first->in_words() : state_->silence_in_words());
    state_->fail(at, text);
    return;
  }
}

void client::hears_nothing(where at) {
  state_->settle(at);
  if (state_->line == nullptr || state_->line->heard.empty())
    return;
  state_->fail(at, state_->name + " should hear nothing, but hears " + state_->rest_in_words());
  state_->line->heard.clear();
}

void client::is_refused(int status, where at) {
  state_->settle(at);
  const auto first = state_->next();
  if (first && first->what == sound::kind::refused && first->code == status && status != 0)
    return;
  state_->fail(
      at, state_->name + " should be refused with HTTP " + std::to_string(status) + ", but " +
              (first ? "hears " + first->in_words()
               : state_->line != nullptr && state_->line->is_admitted() ? "is admitted"
                                                                        : "waits for an answer"));
}

void client::finds_nobody(where at) {
  state_->settle(at);
  if (state_->line != nullptr)
    state_->fail(at, state_->name + " should find nobody, but somebody listens there");
}

void client::is_told_goodbye(int code, where at) {
  state_->must_hear({sound::kind::goodbye, code, {}}, false, at);
}

void client::is_told_goodbye(int code, std::string_view reason, where at) {
  state_->must_hear({sound::kind::goodbye, code, std::string{reason}}, true, at);
}

void client::is_cut_off(where at) { state_->must_hear({sound::kind::cut, 0, {}}, false, at); }

// -- what one can ask -----------------------------------------------------------------------------

const std::string& client::name() const { return state_->name; }
bool client::is_connected() const { return state_->line != nullptr && !state_->line->is_over(); }
bool client::is_admitted() const {
  return state_->line != nullptr && !state_->line->head().empty();
}
bool client::is_held_back() const { return state_->line != nullptr && state_->line->is_paused(); }
std::size_t client::pings_heard() const {
  return state_->line == nullptr ? 0 : state_->line->pings;
}

std::string client::subprotocol() const {
  if (state_->line == nullptr)
    return {};
  constexpr std::string_view header = "Sec-WebSocket-Protocol: ";
  const std::string& head = state_->line->head();
  const auto found = head.find(header);
  if (found == std::string::npos)
    return {};
  const auto begin = found + header.size();
  return head.substr(begin, head.find("\r\n", begin) - begin);
}

std::vector<std::string> client::takes_all(where at) {
  state_->settle(at);
  std::vector<std::string> all;
  if (state_->line == nullptr)
    return all;
  for (const auto& one : state_->line->heard)
    all.push_back(one.what == sound::kind::text ? one.bytes : one.in_words());
  state_->line->heard.clear();
  return all;
}

} // namespace callsign::testkit
