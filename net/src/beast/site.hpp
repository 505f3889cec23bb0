/// \file
/// What all lines of one web server share.
#pragma once

#include "net/src/beast/answer.hpp"
#include "net/src/beast/file_store.hpp"
#include "net/src/beast/socket_thread.hpp"
#include "net/src/door/door.hpp"
#include "net/src/rules/address.hpp"
#include "net/src/rules/http_head.hpp"
#include "net/src/rules/http_request.hpp"

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace callsign::beast {

/// One web server that listens, or did: options, files, desk, and how many lines there are.
/// @context any thread
class site : public std::enable_shared_from_this<site> {
public:
  site(web_server_options how, std::shared_ptr<door::front_desk> desk,
       std::shared_ptr<door::ledger> books, std::vector<socket_thread*> threads,
       std::error_code& failed);

  [[nodiscard]] const web_server_options& options() const noexcept { return options_; }
  [[nodiscard]] door::front_desk& desk() const noexcept { return *desk_; }
  [[nodiscard]] door::ledger& books() const noexcept { return *books_; }
  [[nodiscard]] const std::vector<socket_thread*>& threads() const noexcept { return threads_; }

  /// The answer to GET and HEAD: a file, 301, 304, 404.
  [[nodiscard]] answer file_answer(const rules::request_head& head,
                                   const rules::request_meaning& what) const;
  /// The page of a status: the web server's own, or the built-in one. @source rule H-12
  [[nodiscard]] answer status_answer(int status, std::string_view why) const;

  /// No more requests: idle lines close, the others behind their answer.
  void stop();
  [[nodiscard]] bool is_stopping() const noexcept {
    return is_stopping_.load(std::memory_order_acquire);
  }
  /// See `door::web_service::when_drained`.
  void when_drained(std::function<void()> done);

  /// Who sits there: a line that was let in, or one that only hears that there is no room.
  enum class guest : unsigned char { line, turned_away };
  /// Counts one socket from accept to close. Moves along with it.
  class seat {
  public:
    seat() noexcept = default;
    /// A line that was let in. `near`: see `rules::neighbourhood`.
    seat(std::shared_ptr<site> of, const rules::address_bytes& near);
    [[nodiscard]] static seat turned_away(std::shared_ptr<site> of);
    seat(seat&&) noexcept = default;
    seat& operator=(seat&& other) noexcept;
    ~seat();
    [[nodiscard]] const std::shared_ptr<site>& of() const noexcept { return of_; }

  private:
    std::shared_ptr<site> of_;
    guest who_ = guest::line;
    rules::address_bytes near_{};
  };
  [[nodiscard]] std::size_t line_count() const noexcept {
    return lines_.load(std::memory_order_acquire);
  }
  /// Of those, the lines from there.
  [[nodiscard]] std::size_t lines_from(const rules::address_bytes& near) const;
  [[nodiscard]] std::size_t max_lines_per_address() const noexcept;
  [[nodiscard]] std::size_t turned_away_count() const noexcept {
    return turned_away_.load(std::memory_order_acquire);
  }

  void plain_line_began() noexcept { plain_lines_.fetch_add(1, std::memory_order_acq_rel); }
  void plain_line_ended();

private:
  void fill_in(answer& what, found_file&& file) const;
  void done_if_empty();

  web_server_options options_;
  std::shared_ptr<door::front_desk> desk_;
  std::shared_ptr<door::ledger> books_;
  std::vector<socket_thread*> threads_;
  file_store files_;
  std::string file_fields_;
  std::atomic<std::size_t> lines_{0};
  std::atomic<std::size_t> turned_away_{0};
  mutable std::mutex neighbours_lock_;
  std::map<rules::address_bytes, std::size_t> lines_by_address_; ///< guarded by neighbours_lock_
  std::atomic<std::size_t> plain_lines_{0};
  std::atomic<bool> is_stopping_{false};
  std::mutex lock_;
  std::function<void()> when_drained_;
};

} // namespace callsign::beast
