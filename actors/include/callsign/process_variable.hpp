/// \file
/// What a worker keeps between tasks.
#pragma once

#include <memory>
#include <string_view>
#include <typeinfo>

namespace callsign {

/// Names one variable that every worker has for itself: `self[WSS]`.
///
/// A `process_variable` is only the name and the type; the values live in the workers. A value is
/// made by `T{}` the first time a worker mentions it, kept from task to task, and destroyed, in
/// reverse order of making, when that incarnation ends. A new incarnation starts with fresh ones.
///
/// @errors   two variables of one name and different types: `std::logic_error` at the second
/// `self[…]`
/// @source   4D process variables (rules W-23 and W-24)
template <class T>
struct process_variable {
  std::string_view name;
};

namespace detail {

/// One value, whatever its type. @context the worker that owns it
struct variable_box {
  virtual ~variable_box() = default;
  [[nodiscard]] virtual void* value() noexcept = 0;
};

template <class T>
struct variable_box_of final : variable_box {
  T held{};
  [[nodiscard]] void* value() noexcept override { return &held; }
};

/// How a worker finds or makes a value without knowing its type.
struct variable_key {
  std::string_view name;
  const std::type_info* type;
  std::unique_ptr<variable_box> (*make)();
};

} // namespace detail
} // namespace callsign
