// What goes through the door, written down on its way. Everything is passed on as it is.

#include "net/src/door/recorder.hpp"
#include "net/src/rules/spoken.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

namespace callsign::door {

namespace {

const char* to_string(end_cause cause) {
  switch (cause) {
  case end_cause::closed: return "closed";
  case end_cause::line_lost: return "line_lost";
  case end_cause::protocol_error: return "protocol_error";
  case end_cause::invalid_utf8: return "invalid_utf8";
  case end_cause::message_too_big: return "message_too_big";
  case end_cause::too_many_fragments: return "too_many_fragments";
  case end_cause::message_late: return "message_late";
  case end_cause::dropped: return "dropped";
  }
  return "unknown";
}

/// Both ends of one line: the session as the actors see it, and the ear as the session does.
///
/// @context the session's I/O thread
class tapped_line final : public session, public ear {
public:
  tapped_line(session& outside, std::shared_ptr<recorder> notes)
      : outside_{outside}, notes_{std::move(notes)}, number_{notes_->next_client()} {}

  void set_inside(std::shared_ptr<ear> what) { inside_ = std::move(what); }
  [[nodiscard]] rules::json_line line() const {
    rules::json_line begun;
    begun.add("client", number_);
    return begun;
  }
  void note(const char* what) const { notes_->write(line(), what); }

  void asks(const request& asked, std::size_t web, std::size_t io_thread) const {
    const auto& hides = notes_->hides();
    std::vector<std::string> headers;
    for (const auto& [name, value] : asked.headers) {
      headers.emplace_back(name);
      headers.push_back(hides.header(name, value));
    }
    std::vector<std::string> offers;
    for (const auto& one : asked.subprotocols)
      offers.push_back(hides.header("Sec-WebSocket-Protocol", one));
    auto what = line();
    what.add("web", web)
        .add("io", io_thread)
        .add("url", hides.url(asked.url))
        .add("from", asked.remote_address)
        .add("port", asked.remote_port)
        .add("headers", headers)
        .add("subprotocols", offers);
    notes_->write(std::move(what), "asks");
  }
  void answered(int status) const {
    auto what = line();
    what.add("status", static_cast<std::uint64_t>(status));
    notes_->write(std::move(what), "answered");
  }

  // -- session ------------------------------------------------------------------------------------

  [[nodiscard]] std::uint32_t number() const noexcept override { return number_; }
  void admit(const admission_terms& terms) override {
    auto what = line();
    what.add("subprotocol", notes_->hides().header("Sec-WebSocket-Protocol", terms.subprotocol));
    notes_->write(std::move(what), "admitted");
    outside_.admit(terms);
  }
  void refuse(int status, std::string_view why) override {
    auto what = line();
    what.add("status", static_cast<std::uint64_t>(status)).add("why", why);
    notes_->write(std::move(what), "refused");
    outside_.refuse(status, why);
  }
  void mark_dirty() override { outside_.mark_dirty(); }
  void pause_reading() override { outside_.pause_reading(); }
  void resume_reading() override { outside_.resume_reading(); }
  void settle() override { outside_.settle(); }
  void drop() override {
    note("dropped");
    outside_.drop();
  }

  // -- ear ----------------------------------------------------------------------------------------

  void heard() override {
    // A sign of life; heartbeats count in seconds.
    constexpr std::chrono::milliseconds often_enough{250};
    if (const auto now = notes_->now(); now - read_at_ >= often_enough) {
      read_at_ = now;
      note("reads");
    }
    inside_->heard();
  }
  void received(std::vector<message>&& all) override {
    for (std::size_t i = 0; i < all.size() && notes_->is_on(); ++i) {
      auto what = line();
      add(what, all[i].is_text(), all[i].text());
      notes_->write(std::move(what), "says");
    }
    inside_->received(std::move(all));
  }
  bool is_settled() override {
    note("closing");
    return inside_->is_settled();
  }
  void waits_no_longer() override {
    note("impatient");
    inside_->waits_no_longer();
  }
  void ended(end_facts how) override {
    auto what = line();
    what.add("cause", to_string(how.cause))
        .add("code", how.client_code)
        .add("reason", notes_->hides().text(how.client_reason));
    notes_->write(std::move(what), "ended");
    inside_->ended(std::move(how));
  }
  rules::outbox& out() override { return inside_->out(); }
  void written(std::size_t bytes) override {
    note_words(bytes);
    inside_->written(bytes);
  }
  void reassembling(std::ptrdiff_t more) override { inside_->reassembling(more); }

private:
  /// Bytes without a name may be what was said as text; they are hidden as such.
  void add(rules::json_line& to, bool is_text, std::string_view bytes) const {
    const auto shown = notes_->hides().text(bytes);
    if (is_text)
      to.add("text", shown);
    else
      to.add_bytes("binary", shown);
  }

  /// The first bytes of the outbox are on their way.
  void note_words(std::size_t bytes) {
    if (!notes_->is_on())
      return std::string{}.swap(begun_);
    // More than any session writes at once.
    std::array<rules::piece, 256> pieces;
    const auto count = inside_->out().gather(pieces);
    for (std::size_t i = 0; i < count && bytes > 0; ++i) {
      const auto size = std::min(bytes, pieces[i].size);
      begun_.append(pieces[i].data, size);
      bytes -= size;
    }
    std::size_t used = 0;
    while (const auto one = next(std::string_view{begun_}.substr(used))) {
      used += one->on_wire;
      note_sound(*one);
    }
    begun_.erase(0, used);
  }
  std::optional<rules::spoken> next(std::string_view bytes) {
    if (has_head_)
      return rules::first_frame(bytes);
    auto head = rules::first_head(bytes);
    has_head_ = head.has_value();
    return head;
  }
  void note_sound(const rules::spoken& what) const {
    auto members = line();
    switch (what.what) {
    case rules::spoken::kind::text: add(members, true, what.bytes); break;
    case rules::spoken::kind::binary: add(members, false, what.bytes); break;
    case rules::spoken::kind::goodbye:
      members.add("goodbye", static_cast<std::uint64_t>(what.code))
          .add("reason", notes_->hides().text(what.bytes));
      break;
    default: return; // the program knows nothing of these
    }
    notes_->write(std::move(members), "hears");
  }

  session& outside_;
  std::shared_ptr<recorder> notes_;
  const std::uint32_t number_;
  std::shared_ptr<ear> inside_;
  std::string begun_; ///< a frame that is written in part
  bool has_head_ = false;
  std::chrono::steady_clock::time_point read_at_{};
};

class tapped_desk final : public front_desk {
public:
  tapped_desk(std::shared_ptr<front_desk> inside, std::size_t number,
              std::shared_ptr<recorder> notes)
      : inside_{std::move(inside)}, number_{number}, notes_{std::move(notes)} {}

  upgrade_answer upgrade_asked(session& from, request&& asked, io_thread& here) override {
    auto line = std::make_shared<tapped_line>(from, notes_);
    line->asks(asked, number_, here.index());
    auto answer = inside_->upgrade_asked(*line, std::move(asked), here);
    switch (answer.what) {
    case upgrade_answer::kind::not_ours: line->answered(404); break;
    case upgrade_answer::kind::refused: line->answered(answer.status); break;
    case upgrade_answer::kind::waiting:
      line->set_inside(std::move(answer.hears));
      answer.hears = std::move(line);
    }
    return answer;
  }

private:
  std::shared_ptr<front_desk> inside_;
  const std::size_t number_; ///< which of the web servers it is, in the order of their starts
  std::shared_ptr<recorder> notes_;
};

class tapped_backend final : public backend {
public:
  tapped_backend(std::unique_ptr<backend> inside, std::shared_ptr<recorder> notes)
      : inside_{std::move(inside)}, notes_{std::move(notes)} {}

  const std::vector<io_thread*>& threads() const noexcept override { return inside_->threads(); }
  void start() override { inside_->start(); }
  std::shared_ptr<web_service> listen(const web_server_options& how,
                                      std::shared_ptr<front_desk> desk,
                                      std::vector<error>& errors) override {
    return inside_->listen(how, std::make_shared<tapped_desk>(std::move(desk), webs_++, notes_),
                           errors);
  }
  bool stop(time_point deadline) override { return inside_->stop(deadline); }

private:
  std::unique_ptr<backend> inside_;
  std::shared_ptr<recorder> notes_;
  std::atomic<std::size_t> webs_{0};
};

} // namespace

std::unique_ptr<backend> make_tapped(std::unique_ptr<backend> what,
                                     std::shared_ptr<recorder> notes) {
  return std::make_unique<tapped_backend>(std::move(what), std::move(notes));
}

} // namespace callsign::door
