#include "actors/src/incarnation.hpp"

#include "actors/src/current_exception.hpp"
#include "actors/src/enlist.hpp"
#include "actors/src/entry_watcher.hpp"
#include "actors/src/nap.hpp"
#include "actors/src/supervisor.hpp"
#include "actors/src/ticker.hpp"
#include "actors/src/watch.hpp"
#include "actors/src/worker_system.hpp"

#include <algorithm>
#include <new>
#include <stdexcept>

namespace callsign::detail {

namespace {

thread_local incarnation* running_here = nullptr;

struct running_mark {
  explicit running_mark(incarnation* who) noexcept : before{std::exchange(running_here, who)} {}
  ~running_mark() { running_here = before; }
  running_mark(const running_mark&) = delete;
  running_mark& operator=(const running_mark&) = delete;
  incarnation* before;
};

} // namespace

bool port::post_of(std::uint32_t client, entry_kind kind, task what,
                   std::source_location where) const {
  const std::uint32_t sender = client == 0 ? 0 : client | client_mark;
  return system_->post_event(
      where_, number_,
      entry{.kind = kind, .sender = sender, .where = where, .run = std::move(what)});
}

incarnation::incarnation(worker_system& system, const std::shared_ptr<slot>& where,
                         worker_number number)
    : system_{system}, where_{where}, number_{number}, place_{*this} {}

incarnation::~incarnation() {
  const running_mark mark{this};
  ending_ = end_reason::aborted;
  if (more_ != nullptr) {
    for (const auto& one : more_->tickers) {
      if (const auto left = one.lock())
        left->forget();
    }
    for (const auto& one : more_->watches) {
      if (const auto left = one.lock())
        left->forget();
    }
  }
  if (nap_ != nullptr)
    nap_->forget();
  destroy_variables();
  // A handler may mention the worker when it is destroyed, so each goes while this is whole.
  if (more_ != nullptr) {
    more_->on_error = nullptr;
    more_->description = nullptr;
    more_->residents.clear();
  }
}

void incarnation::set_error_handler(error_handler handler) {
  if (handler || more_ != nullptr)
    more().on_error = std::move(handler);
}

void incarnation::describe_by(std::function<std::string(worker&)> what) {
  if (what || more_ != nullptr)
    more().description = std::move(what);
}

std::string incarnation::description() {
  // A copy: it may replace itself.
  const auto what = more_ == nullptr ? nullptr : more_->description;
  return what ? what(place_) : "null";
}

incarnation* incarnation::current() noexcept { return running_here; }

void* incarnation::find_variable(const variable_key& key) {
  for (const variable& known : variables_) {
    if (known.name != key.name)
      continue;
    if (*known.type != *key.type) {
      throw std::logic_error("process variable \"" + std::string{key.name} + "\" of worker \"" +
                             name() +
                             "\" was made with another type; give one of the two another name");
    }
    return known.box->value();
  }
  variables_.push_back({std::string{key.name}, key.type, key.make()});
  return variables_.back().box->value();
}

void incarnation::destroy_variables() noexcept {
  while (!variables_.empty()) {
    // Out of the list first: a destructor may mention variables, and even make new ones.
    const auto last = std::move(variables_.back().box);
    variables_.pop_back();
  }
}

void incarnation::move_in(std::shared_ptr<resident> who) {
  if (!ending_) {
    more().residents.push_back(std::move(who));
  } else if (*ending_ == end_reason::aborted) {
    end_resident(*who, end_reason::aborted);
  } else {
    more().residents.push_back(who);
    port_of_this().post(entry_kind::closed, [this, who = std::move(who)] {
      if (std::ranges::find(more().residents, who) != more().residents.end())
        end_resident(*who, *ending_);
    });
  }
}

void incarnation::moved_out(const resident* who) {
  if (more_ == nullptr)
    return;
  auto& all = more_->residents;
  const auto found = std::ranges::find(all, who, [](const auto& r) { return r.get(); });
  if (found == all.end())
    return;
  // Out of the list first: the last reference may be ours.
  const auto gone = std::move(*found);
  all.erase(found);
}

timer incarnation::start_timer(timer_plan when, task what, std::source_location where) {
  auto made = std::make_shared<ticker>(system_, port_of_this(), std::string{}, when,
                                       std::move(what), where);
  enlist(more().tickers, made);
  made->start();
  return timer{std::move(made)};
}

watching incarnation::start_watch(const std::shared_ptr<slot>& whom, worker_end nobody,
                                  end_handler then, std::source_location where) {
  if (!then)
    throw std::invalid_argument("the watch at " + label_of(where) + " has nothing to run");
  if (whom == where_ && (nobody.number == 0 || nobody.number == number_))
    throw std::logic_error("the watch at " + label_of(where) + " is of the worker itself");
  const auto made = std::make_shared<watch_core>(whom, port_of_this(), std::move(then), where);
  enlist(more().watches, made);
  if (whom == nullptr || !whom->add_watcher(made, nobody.number))
    made->tell(nobody);
  return watching{made};
}

incarnation::extras& incarnation::more() {
  if (more_ == nullptr)
    more_ = std::make_unique<extras>();
  return *more_;
}

void incarnation::failed() {
  const auto [own, group] = where_->supervisors();
  if (own == nullptr && group == nullptr)
    return;
  (own != nullptr ? own : group)->failed(where_, number_, text_of_current_exception());
}

void incarnation::end_residents(end_reason why) {
  const running_mark mark{this};
  ending_ = why;
  if (more_ == nullptr)
    return;
  const auto all = more_->residents;
  for (const auto& who : all)
    end_resident(*who, why);
  if (why == end_reason::aborted)
    more_->residents.clear();
}

void incarnation::end_resident(resident& who, end_reason why) {
  try {
    who.end(why);
  } catch (...) {
    report_current_exception("the end of the worker");
    moved_out(&who);
  }
}

bool incarnation::is_end_requested() const noexcept {
  if (ending_)
    return true;
  return where_->is_main() ? system_.is_interrupted() : where_->is_end_requested();
}

slot::request incarnation::notice_end(entry_queue& rest) {
  const running_mark mark{this};
  if (auto* watcher = system_.watcher())
    watcher->notices_end(name());
  return where_->notice_end(rest);
}

incarnation::turn::turn(incarnation& self) noexcept
    : before_{std::exchange(running_here, &self)}, watched_{self.system_.watch().here()},
      watcher_{self.system_.watcher()} {
  if (watched_ != nullptr)
    watched_->who.store(self.where_.get(), std::memory_order_release);
}

incarnation::turn::~turn() { running_here = before_; }

void incarnation::run(entry& what, const turn& in) {
  where_->set_running(what.where.file_name(), what.where.line());
  if (in.watcher_ != nullptr)
    in.watcher_->runs(name(), what);
  {
    const running_task watched{in.watched_};
    try {
      what.run(place_);
    } catch (...) {
      where_->count_failed();
      report_current_exception(what.where);
      failed();
    }
    if (what.kind == entry_kind::reply)
      ask_ended();
    // What the closure captured belongs to this step and ends with it.
    what.run = nullptr;
  }
  where_->count_handled();
  where_->set_running(nullptr, 0);
}

void incarnation::report_current_exception(const std::source_location& given_at) noexcept {
  report_exception(nullptr, &given_at);
}

void incarnation::report_current_exception(const char* label) noexcept {
  report_exception(label, nullptr);
}

void incarnation::report_exception(const char* label,
                                   const std::source_location* given_at) noexcept {
  const char* const text = text_of_current_exception();
  try {
    const task_error report{name(), number_, given_at != nullptr ? label_of(*given_at) : label,
                            text, std::current_exception()};
    // A copy: the handler may replace itself.
    if (const error_handler own = more_ == nullptr ? nullptr : more_->on_error) {
      own(report);
    } else {
      system_.report(report);
    }
  } catch (const std::bad_alloc&) {
    worker_system::warn_without_memory("there was no memory to report an exception in a worker");
  } catch (...) {
    system_.warn("the error handler of worker \"" + name() + "\" threw while it was told: " + text);
  }
}

} // namespace callsign::detail
