#include <callsign/workers.hpp>

#include "actors/src/ticker.hpp"
#include "actors/src/worker_system.hpp"

#include <algorithm>
#include <callsign/native/caf.hpp>
#include <stdexcept>

namespace callsign {

workers::workers(workers_options options) : workers{detail::make_worker_system(options, {})} {}

workers::workers(std::unique_ptr<detail::worker_system> system) : system_{std::move(system)} {
  system_->attach(*this);
}

workers::~workers() = default;

call_result workers::call(std::string_view name, task what, std::source_location where) {
  return system_->call(name, std::move(what), where);
}

call_result workers::call(worker_number number, task what, std::source_location where) {
  return system_->call(number, std::move(what), where);
}

call_result workers::call_existing(std::string_view name, task what, std::source_location where) {
  return system_->call(number_of(name), std::move(what), where);
}

void workers::limit(std::string_view name, mailbox_limit to) {
  if (to.patience < std::chrono::milliseconds{0})
    throw std::invalid_argument("the patience of a mailbox's limit is below zero");
  const auto& who = system_->names().entry_of(name, runs_on::pool);
  if (const auto* all = who->as_pool()) {
    for (const auto& one : all->members())
      one->limit(to);
    return;
  }
  who->limit(to);
}

std::size_t workers::waiting(std::string_view name) const {
  const auto& found = system_->names().find(name);
  if (found == nullptr)
    return 0;
  const auto length = [](const detail::slot& who) {
    const auto now = who.info();
    return now ? now->waiting : std::size_t{0};
  };
  const auto* of = found->as_pool();
  if (of == nullptr)
    return length(*found);
  std::size_t sum = 0;
  for (const auto& one : of->members())
    sum += length(*one);
  return sum;
}

timer workers::call_after(std::chrono::nanoseconds delay, std::string_view name, task what,
                          std::source_location where) {
  return system_->start_timer(name, {.first = delay}, std::move(what), where);
}

timer workers::call_every(std::chrono::nanoseconds period, std::string_view name, task what,
                          pace keeps, std::source_location where) {
  detail::ticker::check_period(period, where);
  return system_->start_timer(name, {period, period, keeps}, std::move(what), where);
}

void workers::hire(std::string_view name, runs_on where) { system_->hire(name, where); }

void workers::hire(std::string_view name, const hire_options& how, std::source_location where) {
  system_->hire(name, how, where);
}

void workers::supervise(std::string_view name, supervision how) { system_->supervise(name, how); }

void workers::supervise_group(std::string_view group, const std::vector<std::string>& members,
                              group_supervision how) {
  system_->supervise_group(group, members, how);
}

std::optional<worker_end> workers::await_end(std::string_view name,
                                             std::chrono::nanoseconds within) {
  return system_->await_end(name, within);
}

void workers::kill(std::string_view name) { system_->kill(system_->names().find(name), 0); }

void workers::kill(worker_number number) {
  if (number != 0)
    system_->kill(system_->names().find(number), number);
}

void workers::abort(std::string_view name) { system_->abort(name); }

worker_number workers::number_of(std::string_view name) const {
  const auto found = system_->names().find(name);
  return found == nullptr ? 0 : found->number();
}

std::optional<worker_info> workers::info(worker_number number) const {
  const auto found = system_->names().find(number);
  if (found == nullptr)
    return std::nullopt;
  auto now = found->info();
  if (now && now->number != number)
    return std::nullopt;
  return now;
}

std::vector<worker_info> workers::list() const {
  std::vector<worker_info> all;
  if (auto main = info(main_worker))
    all.push_back(std::move(*main));
  for (const auto& who : system_->names().all()) {
    if (auto now = who->info())
      all.push_back(std::move(*now));
  }
  std::ranges::sort(all, {}, &worker_info::number);
  return all;
}

std::uint64_t workers::dropped_at_shutdown() const { return system_->dropped_at_shutdown(); }

void workers::on_error(error_handler handler) { system_->set_error_handler(std::move(handler)); }

void workers::on_warning(std::function<void(const std::string&)> handler) {
  system_->set_warning_handler(std::move(handler));
}

void workers::wait_for_interrupt() { system_->wait_for_interrupt(); }

void workers::interrupt() { system_->interrupt(); }

void workers::stop() { system_->stop(); }

namespace native {

caf::actor_system& actor_system(workers& set) { return set.system().actors(); }

} // namespace native
} // namespace callsign
