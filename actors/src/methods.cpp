#include "actors/src/methods.hpp"

#include "actors/src/worker_system.hpp"

#include <mutex>
#include <stdexcept>

namespace callsign {

namespace detail {

namespace {

/// "import(text, integer of 32 bits)"
std::string signature_of(const std::string& name, const method& what) {
  std::string text = name + '(';
  for (const auto& one : what.parameters())
    text += (text.back() == '(' ? "" : ", ") + one;
  return text + ')';
}

} // namespace

void methods::define(std::string_view name, std::unique_ptr<method> what) {
  if (name.empty())
    throw std::invalid_argument("a method has no name; the empty one means the startup method");
  const std::unique_lock guard{lock_};
  if (!by_name_.try_emplace(std::string{name}, std::move(what)).second) {
    throw std::invalid_argument("the method \"" + std::string{name} +
                                "\" is defined already; give one of the two another name");
  }
}

const method& methods::find(std::string_view name) const {
  const std::shared_lock guard{lock_};
  if (const auto found = by_name_.find(name); found != by_name_.end())
    return *found->second;
  std::string known;
  for (const auto& [other, what] : by_name_)
    known += (known.empty() ? "" : ", ") + signature_of(other, *what);
  throw failure{{make_error_code(errc::unknown_method),
                 "call the method \"" + std::string{name} + '"',
                 known.empty() ? "none is defined yet: define it before it is called"
                               : "defined are: " + known}};
}

std::string methods::name_of(const method& what) const {
  const std::shared_lock guard{lock_};
  for (const auto& [name, one] : by_name_) {
    if (one.get() == &what)
      return name;
  }
  return {};
}

std::unique_ptr<ready_method> methods::ready(const method& what,
                                             const std::vector<value>& arguments) const {
  const auto refuse = [&](const std::string& why) {
    const auto name = name_of(what);
    return failure{{make_error_code(errc::wrong_arguments), "call the method \"" + name + '"',
                    why + "; it is " + signature_of(name, what)}};
  };
  const auto wanted = what.parameters().size();
  if (arguments.size() != wanted) {
    throw refuse(std::to_string(wanted) + (wanted == 1 ? " argument" : " arguments") +
                 " expected, " + std::to_string(arguments.size()) + " given");
  }
  std::size_t at = 0;
  try {
    return what.ready(arguments, at);
  } catch (const value_mismatch& why) {
    throw refuse("argument " + std::to_string(at) + ": " + why.what());
  }
}

void methods::check_result(const method& what, const std::type_info& wanted) const {
  // Who wants nothing may have anything, and who wants a value takes what comes.
  if (wanted == typeid(void) || wanted == typeid(value) || wanted == what.result())
    return;
  const auto name = name_of(what);
  throw failure{{make_error_code(errc::wrong_arguments), "call the method \"" + name + '"',
                 "it answers " + what.result_name() + ": ask for exactly that"}};
}

call_result worker_system::call_method(std::string_view name, const method_name& what,
                                       const std::vector<value>& arguments) {
  return call_method(name, std::nullopt, what, arguments);
}

call_result worker_system::call_method(const keyed& to, const method_name& what,
                                       const std::vector<value>& arguments) {
  return call_method(to.name, to.key, what, arguments);
}

call_result worker_system::call_method(std::string_view name,
                                       const std::optional<std::string_view>& key,
                                       const method_name& what,
                                       const std::vector<value>& arguments) {
  const auto& to = directory_.entry_of(name, runs_on::pool);
  std::unique_ptr<ready_method> made;
  const method* by = nullptr;
  try {
    by = what.text.empty() ? to->startup_method() : &methods_.find(what.text);
    if (by != nullptr)
      made = methods_.ready(*by, arguments);
  } catch (...) {
    static_cast<void>(make(to));
    throw;
  }
  if (by == nullptr) {
    return make(to) == call_result::shutting_down ? call_result::shutting_down
                                                  : call_result::no_startup_method;
  }
  method_call<void> call{std::move(made)};
  return key ? call_keyed(keyed{name, *key}, std::move(call), what.where, by)
             : call_from(sender_here(), name, std::move(call), what.where, by);
}

call_result worker_system::call_method(worker_number number, const method_name& what,
                                       const std::vector<value>& arguments) {
  const auto to = directory_.find(number);
  const method* by = nullptr;
  if (!what.text.empty()) {
    by = &methods_.find(what.text);
  } else if (to != nullptr) {
    by = to->startup_method();
    if (by == nullptr)
      return call_result::no_startup_method;
  } else {
    return call(
        number, [] {}, what.where);
  }
  return call(number, method_call<void>{methods_.ready(*by, arguments)}, what.where);
}

std::unique_ptr<ready_method> worker_system::ready_method_of(std::string_view name,
                                                             const std::vector<value>& arguments,
                                                             const std::type_info& wanted) {
  const auto& what = methods_.find(name);
  methods_.check_result(what, wanted);
  return methods_.ready(what, arguments);
}

} // namespace detail

void workers::define_method(std::string_view method, std::unique_ptr<detail::method> what) {
  system_->known_methods().define(method, std::move(what));
}

call_result workers::call_with(std::string_view name, const method_name& method,
                               const std::vector<value>& arguments) {
  return system_->call_method(name, method, arguments);
}

call_result workers::call_with(const keyed& to, const method_name& method,
                               const std::vector<value>& arguments) {
  return system_->call_method(to, method, arguments);
}

call_result workers::call_with(worker_number number, const method_name& method,
                               const std::vector<value>& arguments) {
  return system_->call_method(number, method, arguments);
}

std::unique_ptr<detail::ready_method> workers::ready_method_of(std::string_view method,
                                                               const std::vector<value>& arguments,
                                                               const std::type_info& wanted) const {
  return system_->ready_method_of(method, arguments, wanted);
}

call_result worker::call_with(std::string_view name, const method_name& method,
                              const std::vector<value>& arguments) {
  return self_.system().call_method(name, method, arguments);
}

call_result worker::call_with(const keyed& to, const method_name& method,
                              const std::vector<value>& arguments) {
  return self_.system().call_method(to, method, arguments);
}

call_result worker::call_with(worker_number number, const method_name& method,
                              const std::vector<value>& arguments) {
  return self_.system().call_method(number, method, arguments);
}

} // namespace callsign
