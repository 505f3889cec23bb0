#include <callsign/worker.hpp>

#include "actors/src/ticker.hpp"
#include "actors/src/worker_system.hpp"

namespace callsign {

const std::string& worker::name() const noexcept { return self_.name(); }

worker_number worker::number() const noexcept { return self_.number(); }

call_result worker::call(std::string_view name, task what, std::source_location where) {
  return self_.system().call(name, std::move(what), where);
}

call_result worker::call(worker_number number, task what, std::source_location where) {
  return self_.system().call(number, std::move(what), where);
}

timer worker::after(std::chrono::nanoseconds delay, task what, std::source_location where) {
  return self_.start_timer({.first = delay}, std::move(what), where);
}

timer worker::every(std::chrono::nanoseconds period, task what, pace keeps,
                    std::source_location where) {
  detail::ticker::check_period(period, where);
  return self_.start_timer({period, period, keeps}, std::move(what), where);
}

watching worker::watch(std::string_view name, end_handler then, std::source_location where) {
  return self_.start_watch(self_.system().names().find(name), {std::string{name}}, std::move(then),
                           where);
}

watching worker::watch(worker_number number, end_handler then, std::source_location where) {
  return self_.start_watch(number == 0 ? nullptr : self_.system().names().find(number),
                           {.name = {}, .number = number}, std::move(then), where);
}

detail::worker_system& worker::system() const noexcept { return self_.system(); }

void worker::kill() { self_.system().kill(self_.where().shared_from_this(), self_.number()); }

bool worker::is_end_requested() const noexcept { return self_.is_end_requested(); }

void worker::on_error(error_handler handler) { self_.set_error_handler(std::move(handler)); }

std::chrono::steady_clock::time_point worker::now() const noexcept {
  return self_.system().clock().now();
}

workers& worker::set() const noexcept { return self_.system().set(); }

void* worker::find_variable(const detail::variable_key& key) { return self_.find_variable(key); }

} // namespace callsign
