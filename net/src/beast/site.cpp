#include "net/src/beast/site.hpp"

#include "net/src/rules/http_page.hpp"
#include "net/src/rules/http_validators.hpp"

#include <utility>

namespace callsign::beast {

site::site(web_server_options how, std::shared_ptr<door::front_desk> desk,
           std::shared_ptr<door::ledger> books, std::vector<socket_thread*> threads,
           std::error_code& failed)
    : options_{std::move(how)}, desk_{std::move(desk)}, books_{std::move(books)},
      threads_{std::move(threads)}, files_{options_.files, options_.root, options_.index, failed} {
  for (const auto& [name, value] : options_.headers) {
    file_fields_.append(name).append(": ").append(value).append("\r\n");
  }
}

answer site::status_answer(int status, std::string_view why) const {
  answer what;
  what.status = status;
  what.content_type = "text/html; charset=utf-8";
  auto page = files_.read_page(std::to_string(status) + ".html");
  if (!page && status >= 400)
    page = files_.read_page(status >= 500 ? "5xx.html" : "4xx.html");
  if (page)
    what.fields = file_fields_;
  what.text = page ? std::move(*page) : rules::status_page(status, why);
  what.bytes = what.text.size();
  if (status == 405)
    what.add("Allow", "GET, HEAD, OPTIONS");
  if (status == 426) {
    what.add("Sec-WebSocket-Version", "13");
    what.add("Upgrade", "websocket");
  }
  return what;
}

answer site::file_answer(const rules::request_head& head,
                         const rules::request_meaning& asked) const {
  lookup there = files_.find(asked.path);
  switch (there.what) {
  case lookup::kind::nothing: return status_answer(404, "there is no such page here");
  case lookup::kind::no_means:
    return status_answer(503, "the server has its hands full; please try again");
  case lookup::kind::folder: {
    answer moved = status_answer(301, "the folder's name ends with a slash");
    std::string where = asked.raw_path + "/";
    if (!asked.query.empty())
      where += "?" + asked.query;
    moved.add("Location", where);
    return moved;
  }
  case lookup::kind::file: break;
  }
  answer what;
  what.fields = file_fields_;
  what.add("ETag", there.file.tag);
  // The copy may be kept, but is asked about each time.
  what.add("Cache-Control", "no-cache");
  if (there.file.modified)
    what.add("Last-Modified", rules::http_date(*there.file.modified));

  bool is_unchanged = false;
  if (const auto tags = head.headers.values("If-None-Match"); !tags.empty()) {
    for (const auto list : tags)
      is_unchanged = is_unchanged || rules::names_tag(list, there.file.tag);
  } else if (const auto since = head.headers.find("If-Modified-Since");
             since && there.file.modified) {
    const auto date = rules::parse_http_date(*since);
    is_unchanged = date && *there.file.modified <= *date;
  }
  if (is_unchanged) {
    what.status = 304;
    return what;
  }
  fill_in(what, std::move(there.file));
  return what;
}

void site::fill_in(answer& what, found_file&& file) const {
  what.content_type = std::move(file.type);
  what.memory = file.content;
  what.bytes = file.bytes;
  what.file = std::move(file.on_disk);
}

site::seat::seat(std::shared_ptr<site> of, const rules::address_bytes& near) : near_{near} {
  {
    const std::lock_guard hold{of->neighbours_lock_};
    ++of->lines_by_address_[near];
  }
  of_ = std::move(of);
  of_->lines_.fetch_add(1, std::memory_order_acq_rel);
}

site::seat site::seat::turned_away(std::shared_ptr<site> of) {
  seat place;
  place.who_ = guest::turned_away;
  place.of_ = std::move(of);
  place.of_->turned_away_.fetch_add(1, std::memory_order_acq_rel);
  return place;
}

site::seat& site::seat::operator=(seat&& other) noexcept {
  std::swap(of_, other.of_);
  std::swap(who_, other.who_);
  std::swap(near_, other.near_);
  return *this;
}

site::seat::~seat() {
  if (of_ == nullptr)
    return;
  if (who_ == guest::turned_away) {
    of_->turned_away_.fetch_sub(1, std::memory_order_acq_rel);
    return;
  }
  of_->lines_.fetch_sub(1, std::memory_order_acq_rel);
  const std::lock_guard hold{of_->neighbours_lock_};
  const auto found = of_->lines_by_address_.find(near_);
  if (--found->second == 0)
    of_->lines_by_address_.erase(found);
}

std::size_t site::lines_from(const rules::address_bytes& near) const {
  const std::lock_guard hold{neighbours_lock_};
  const auto found = lines_by_address_.find(near);
  return found == lines_by_address_.end() ? 0 : found->second;
}

std::size_t site::max_lines_per_address() const noexcept {
  return options_.max_lines_per_address != 0 ? options_.max_lines_per_address
                                             : (options_.max_lines + 1) / 2;
}

void site::stop() {
  if (is_stopping_.exchange(true, std::memory_order_acq_rel))
    return;
  for (socket_thread* here : threads_) {
    here->post([here, self = shared_from_this()] {
      here->for_each_line([&self](line& who) { who.site_stops(self.get()); });
    });
  }
}

void site::when_drained(std::function<void()> done) {
  {
    const std::lock_guard hold{lock_};
    when_drained_ = std::move(done);
  }
  socket_thread* const first = threads_.front();
  first->post([this, first, self = shared_from_this()] {
    done_if_empty();
    if (options_.stop_deadline <= std::chrono::milliseconds{0})
      return;
    first->after(options_.stop_deadline, [self] {
      for (socket_thread* here : self->threads_) {
        here->post([here, self] {
          here->for_each_line([&self](line& who) { who.site_cuts(self.get()); });
        });
      }
    });
  });
}

void site::plain_line_ended() {
  plain_lines_.fetch_sub(1, std::memory_order_acq_rel);
  if (is_stopping())
    done_if_empty();
}

void site::done_if_empty() {
  std::function<void()> done;
  {
    const std::lock_guard hold{lock_};
    if (!is_stopping() || plain_lines_.load(std::memory_order_acquire) != 0)
      return;
    done = std::exchange(when_drained_, nullptr);
  }
  if (done)
    done();
}

} // namespace callsign::beast
