/// \file
/// A front desk without actors: says what the test tells it to say, and remembers what it heard.
#pragma once

#include "net/src/door/door.hpp"
#include "net/src/rules/frame.hpp"
#include "tests/net/wanted_backend.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace callsign::test {

class stub_ear;

/// What the test may wait for; filled in on the I/O threads.
class notebook {
public:
  void write(const std::function<void()>& change) {
    {
      const std::lock_guard hold{lock_};
      change();
    }
    changed_.notify_all();
  }
  /// Whether it became true within the limit.
  [[nodiscard]] bool wait(const std::function<bool()>& is_true,
                          std::chrono::milliseconds limit = std::chrono::milliseconds{5000}) {
    std::unique_lock hold{lock_};
    return changed_.wait_for(hold, limit, is_true);
  }

private:
  std::mutex lock_;
  std::condition_variable changed_;
};

/// Echoes messages, text as text; keeps what it heard.
class stub_ear final : public door::ear {
public:
  stub_ear(door::session& from, door::io_thread& here, notebook& notes)
      : session_{from}, here_{here}, notes_{notes} {}

  void heard() override {
    notes_.write([this] { ++reads; });
  }
  void received(std::vector<message>&& all) override {
    const bool echoes = is_echo;
    if (echoes) {
      for (const auto& one : all)
        static_cast<void>(box_.push(detail::message_access::frame(one)));
      session_.mark_dirty();
    }
    if (pauses_after_each)
      session_.pause_reading();
    notes_.write([&] {
      for (const auto& one : all)
        messages.emplace_back(one.kind(), one.text());
    });
  }
  bool is_settled() override { return is_prompt; }
  void ended(door::end_facts how) override {
    notes_.write([&] {
      ++ends;
      facts = std::move(how);
    });
  }
  rules::outbox& out() override { return box_; }
  void written(std::size_t bytes) override { static_cast<void>(box_.written(bytes)); }
  void reassembling(std::ptrdiff_t more) override {
    notes_.write([&] {
      partial += more;
      most_partial = std::max(most_partial, partial);
    });
  }

  /// Runs a command to the session on its thread; nothing if the session has ended.
  void command(std::function<void(door::session&)> what) {
    here_.post([this, what = std::move(what)] {
      bool is_over = false;
      notes_.write([&] { is_over = ends > 0; });
      if (!is_over)
        what(session_);
    });
  }

  /// @context its I/O thread, while the session has not ended
  [[nodiscard]] door::session& at_hand() noexcept { return session_; }

  bool is_echo = true;
  bool pauses_after_each = false;
  std::atomic<bool> is_prompt = true; ///< answers are in the outbox at once
  // Under the notebook's lock:
  std::size_t reads = 0;
  int ends = 0;
  door::end_facts facts;
  std::ptrdiff_t partial = 0;
  std::ptrdiff_t most_partial = 0;
  std::vector<std::pair<message_kind, std::string>> messages;

private:
  door::session& session_;
  door::io_thread& here_;
  notebook& notes_;
  rules::outbox box_;
};

/// "/ws…" is ours, "/no" is refused with 403; everything else is not ours.
class stub_desk final : public door::front_desk {
public:
  door::upgrade_answer upgrade_asked(door::session& from, request&& asked,
                                     door::io_thread& here) override {
    using kind = door::upgrade_answer::kind;
    door::upgrade_answer said;
    if (asked.path.starts_with("/ws")) {
      auto ear = std::make_shared<stub_ear>(from, here, notes);
      ear->pauses_after_each = pauses_after_each;
      said.what = kind::waiting;
      said.hears = ear;
      if (!is_slow) {
        ear->command([this](door::session& s) { s.admit(terms); });
      }
      notes.write([&] {
        ears.push_back(ear);
        requests.push_back(std::move(asked));
      });
    } else if (asked.path == "/no") {
      said.what = kind::refused;
      said.status = 403;
      said.why = "not you";
    }
    return said;
  }

  /// The ear of the n-th upgrade, once it is there.
  [[nodiscard]] std::shared_ptr<stub_ear> ear(std::size_t n = 0) {
    if (!notes.wait([&] { return ears.size() > n; }))
      return nullptr;
    return ears[n];
  }

  notebook notes;
  door::admission_terms terms{{}, 64 * 1024, 1024, std::chrono::milliseconds{30'000}, false};
  bool is_slow = false; ///< the test admits or refuses
  bool pauses_after_each = false;
  std::vector<std::shared_ptr<stub_ear>> ears;
  std::vector<request> requests;
};

/// Sockets with a stub behind them.
class socket_fixture_base {
public:
  void start(web_server_options how = {}, std::size_t threads = 2) {
    how.port = 0;
    if (how.addresses.empty())
      how.addresses = {"127.0.0.1"};
    books = std::make_shared<door::ledger>([this](log_level level, std::string_view line) {
      notes.write([&] { (level == log_level::debug ? whispers : log).emplace_back(line); });
    });
    sockets = door::make_socket_backend(threads, backend, books);
    sockets->start();
    std::vector<error> errors;
    desk = std::make_shared<stub_desk>();
    service = sockets->listen(how, desk, errors);
  }
  [[nodiscard]] bool stop() {
    return sockets == nullptr ||
           sockets->stop(std::chrono::steady_clock::now() + std::chrono::seconds{5});
  }
  [[nodiscard]] std::uint16_t port() const { return service->port(); }
  [[nodiscard]] std::uint64_t counted(counter which) const { return books->values()[which]; }
  [[nodiscard]] std::size_t sessions() const {
    std::size_t all = 0;
    for (const auto* one : sockets->threads())
      all += one->session_count();
    return all;
  }
  /// Whether every line is gone, its descriptor too, within a few seconds of turns.
  [[nodiscard]] bool no_lines_are_left() const {
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds{5};
    while (sessions() > 0 && std::chrono::steady_clock::now() < limit) {
      for (auto* one : sockets->threads()) {
        std::promise<void> been_there;
        one->post([&] { been_there.set_value(); });
        been_there.get_future().wait();
      }
    }
    return sessions() == 0;
  }

  io_backend backend = wanted_backend();
  notebook notes;
  std::vector<std::string> log;
  std::vector<std::string> whispers; ///< what the log has for debugging
  std::shared_ptr<door::ledger> books;
  std::shared_ptr<stub_desk> desk;
  std::unique_ptr<door::backend> sockets;
  std::shared_ptr<door::web_service> service;
};

} // namespace callsign::test
