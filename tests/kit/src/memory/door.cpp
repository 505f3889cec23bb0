#include "tests/kit/src/memory/door.hpp"

#include "tests/kit/src/earliest_timer.hpp"

#include <algorithm>

namespace callsign::testkit::memory {

// -- thread ---------------------------------------------------------------------------------------

thread::thread(backend& all, std::size_t index, virtual_clock& clock)
    : all_{all}, index_{index}, clock_{clock}, wheel_{clock.now()} {}

void thread::run_turn() {
  is_turn_posted = false;
  if (target_ != nullptr && target_->on_turn())
    is_turn_posted = true;
}

void thread::flush_dirty() {
  for (auto* one : std::exchange(dirty, {}))
    one->flush();
}

std::size_t thread::session_count() const noexcept {
  return static_cast<std::size_t>(std::ranges::count_if(
      all_.lines(), [this](const auto& one) { return &one->where() == this; }));
}

bool thread::has_due_timers() const {
  const auto next = wheel_.next();
  return next && *next <= clock_.now();
}

// -- service --------------------------------------------------------------------------------------

void service::when_drained(std::function<void()> done) {
  // There are no plain HTTP lines here to wait for.
  all_.threads().front()->post(std::move(done));
}

// -- backend --------------------------------------------------------------------------------------

backend::backend(scheduler& steps, virtual_clock& clock, std::size_t threads,
                 std::shared_ptr<transcript> spoken)
    : steps_{steps}, spoken_{std::move(spoken)} {
  for (std::size_t i = 0; i < threads; ++i) {
    threads_.push_back(std::make_unique<thread>(*this, i, clock));
    faces_.push_back(threads_.back().get());
  }
  steps_.add_source(*this);
}

backend::~backend() { steps_.remove_source(*this); }

std::shared_ptr<door::web_service> backend::listen(const web_server_options& how,
                                                   std::shared_ptr<door::front_desk> desk,
                                                   std::vector<error>& errors) {
  const auto port = how.port != 0 ? how.port : next_port_++;
  for (const auto& known : services_) {
    const auto one = known.lock();
    if (one == nullptr || !one->is_listening() || one->port() != port)
      continue;
    errors.push_back({std::make_error_code(std::errc::address_in_use),
                      "listen on port " + std::to_string(port), "choose another port"});
    return nullptr;
  }
  auto made = std::make_shared<service>(*this, port, std::move(desk));
  services_.push_back(made);
  return made;
}

std::shared_ptr<line> backend::dial(std::uint16_t port, request asked, std::string name,
                                    std::optional<std::size_t> on) {
  for (const auto& known : services_) {
    const auto one = known.lock();
    if (one == nullptr || !one->is_listening() || (port != 0 && one->port() != port))
      continue;
    auto& where = *threads_[on.value_or(next_thread_++) % threads_.size()];
    auto made = std::make_shared<line>(where, one->desk(), std::move(asked), std::move(name));
    lines_.push_back(made);
    return made;
  }
  return nullptr;
}

void backend::forget(const line& what) {
  data_frames_heard += what.data_frames;
  for (const auto& one : threads_)
    std::erase(one->dirty, &what);
  std::erase_if(lines_, [&](const auto& one) { return one.get() == &what; });
}

bool backend::stop(door::time_point) {
  for (const auto& one : std::vector{lines_}) {
    one->cut_at_the_end();
  }
  for (const auto& one : threads_) {
    while (!one->posted.empty()) {
      const auto what = std::move(one->posted.front());
      one->posted.pop_front();
      what();
    }
  }
  return true;
}

std::vector<backend::step> backend::all_ready() const {
  std::vector<step> all;
  if (!is_started_)
    return all;
  for (const auto& one : threads_) {
    if (!one->posted.empty())
      all.push_back({step::kind::posted, one.get(), nullptr});
  }
  for (const auto& one : lines_) {
    if (one->next_fact())
      all.push_back({step::kind::fact, &one->where(), one});
  }
  for (const auto& one : threads_) {
    if (one->is_turn_posted)
      all.push_back({step::kind::turn, one.get(), nullptr});
    if (!one->dirty.empty())
      all.push_back({step::kind::flush, one.get(), nullptr});
    if (one->has_due_timers())
      all.push_back({step::kind::timers, one.get(), nullptr});
  }
  return all;
}

void backend::run(std::size_t which) {
  const auto now = all_ready()[which];
  switch (now.what) {
  case step::kind::posted: {
    const auto what = std::move(now.where->posted.front());
    now.where->posted.pop_front();
    what();
    return;
  }
  case step::kind::fact: now.whose->tell_fact(); return;
  case step::kind::turn: now.where->run_turn(); return;
  case step::kind::flush: now.where->flush_dirty(); return;
  case step::kind::timers: now.where->timers().advance(now.where->now()); return;
  }
}

std::string backend::describe(std::size_t which) const {
  const auto now = all_ready()[which];
  const std::string thread = " of I/O thread " + std::to_string(now.where->index());
  switch (now.what) {
  case step::kind::posted: return "a posted step" + thread;
  case step::kind::fact: return now.whose->next_fact().value_or("nothing");
  case step::kind::turn: return "the turn" + thread;
  case step::kind::flush: return "the flush" + thread;
  case step::kind::timers: return "the timers" + thread;
  }
  return "nothing";
}

std::string backend::lane(std::size_t which) const {
  return lane_of(all_ready()[which].where->index());
}

thread_part backend::part(std::size_t which) const {
  switch (all_ready()[which].what) {
  case step::kind::posted:
  case step::kind::fact:
  case step::kind::timers: return thread_part::arrival;
  case step::kind::turn: return thread_part::hand_out;
  case step::kind::flush: return thread_part::flush;
  }
  return thread_part::none;
}

footprint backend::touches(std::size_t which) const {
  const auto now = all_ready()[which];
  footprint touched;
  touched.add(lane_of(now.where->index()));
  // A flush touches its own sessions, and gives bytes back to the process's budget and to the
  // control blocks of its connections: two of them may change places, but not with anything that
  // looks at these.
  touched.add("the network", touch::adds);
  touched.is_everything = now.what != step::kind::flush;
  return touched;
}

std::optional<std::chrono::steady_clock::time_point> backend::next_due() const {
  return earliest_timer(threads_);
}

} // namespace callsign::testkit::memory
