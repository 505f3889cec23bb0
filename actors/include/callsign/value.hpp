/// \file
/// Values without a type of C++: what the arguments of methods called by name are made of.
#pragma once

#include <concepts>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace callsign {

/// Nothing, a boolean, an integer, a number, a text, a list, or a structure of named values: what
/// JSON has. `std::uint64_t` is used only for what does not fit into `std::int64_t`.
struct value {
  using list = std::vector<value>;
  using structure = std::map<std::string, value>;

  std::variant<std::monostate, bool, std::int64_t, std::uint64_t, double, std::string, list,
               structure>
      held;

  /// "nothing", "boolean", "integer", "number", "text", "list" or "structure".
  [[nodiscard]] std::string_view kind() const noexcept;
};

/// As JSON text. What JSON has no number for (infinite, not a number) becomes `null`.
[[nodiscard]] std::string to_json(const value& what);

/// A value is not of the type that was expected. `what()` says what was expected and given.
class value_mismatch : public std::invalid_argument {
public:
  using std::invalid_argument::invalid_argument;
  value_mismatch(const std::string& expected, const value& given);
};

/// How a type becomes a value and comes back. Complete for the types below; specialise it for
/// others that a method should take, or describe a structure of your own with `structure_of`.
///
/// A specialisation has three static functions: `std::string name()`, `value to(const T&)`, and
/// `T from(const value&)`, which throws `value_mismatch`.
template <class T>
struct value_traits;

template <class T>
concept serialisable = requires(const T& what, const value& some) {
  { value_traits<T>::name() } -> std::same_as<std::string>;
  { value_traits<T>::to(what) } -> std::same_as<value>;
  { value_traits<T>::from(some) } -> std::same_as<T>;
};

/// What can be given where a value is asked for: serialisable types, and views of text.
template <class T>
concept argument = serialisable<T> || std::convertible_to<const T&, std::string_view>;

template <argument T>
[[nodiscard]] value to_value(const T& what) {
  if constexpr (serialisable<T>) {
    return value_traits<T>::to(what);
  } else {
    return {std::string{std::string_view{what}}};
  }
}

/// @errors `value_mismatch`
template <serialisable T>
[[nodiscard]] T from_value(const value& what) {
  return value_traits<T>::from(what);
}

/// One member of a structure: `callsign::field{"id", &order::id}`.
template <class Owner, class Member>
struct field {
  std::string_view name;
  Member Owner::*where;
};

template <class... Fields>
struct structure_description {
  std::string_view name;
  std::tuple<Fields...> fields;
};

/// The fields of a structure, for `structure_of`.
template <class... Fields>
[[nodiscard]] constexpr structure_description<Fields...> structure(std::string_view name,
                                                                   Fields... fields) {
  return {name, {fields...}};
}

/// Makes a structure serialisable, field by field. The structure has a default constructor; a field
/// that is a `std::optional` may be missing.
///
///     template <>
///     constexpr auto callsign::structure_of<order> =
///         callsign::structure("order", callsign::field{"id", &order::id});
template <class T>
inline constexpr auto structure_of = nullptr;

// ---- the types that are serialisable ----------------------------------------------------------

template <>
struct value_traits<value> {
  static std::string name() { return "anything"; }
  static value to(const value& what) { return what; }
  static value from(const value& what) { return what; }
};

template <>
struct value_traits<bool> {
  static std::string name() { return "boolean"; }
  static value to(bool what) { return {what}; }
  static bool from(const value& what);
};

namespace detail {

template <class T>
concept integer = std::integral<T> && !std::same_as<T, bool> && !std::same_as<T, char> &&
                  !std::same_as<T, wchar_t> && !std::same_as<T, char8_t> &&
                  !std::same_as<T, char16_t> && !std::same_as<T, char32_t>;

/// In front of what went wrong inside a value.
[[noreturn]] void rethrow_inside(const std::string& where, const value_mismatch& why);

} // namespace detail

/// Within its range; a number with a fraction is none.
template <detail::integer T>
struct value_traits<T> {
  static std::string name() {
    return (std::is_signed_v<T> ? "integer of " : "unsigned integer of ") +
           std::to_string(sizeof(T) * 8) + " bits";
  }
  static value to(T what) {
    if (std::in_range<std::int64_t>(what))
      return {static_cast<std::int64_t>(what)};
    return {static_cast<std::uint64_t>(what)};
  }
  static T from(const value& what) {
    if (const auto* whole = std::get_if<std::int64_t>(&what.held);
        whole != nullptr && std::in_range<T>(*whole))
      return static_cast<T>(*whole);
    if (const auto* large = std::get_if<std::uint64_t>(&what.held);
        large != nullptr && std::in_range<T>(*large))
      return static_cast<T>(*large);
    throw value_mismatch{name(), what};
  }
};

/// An integer is a number, too.
template <std::floating_point T>
struct value_traits<T> {
  static std::string name() { return "number"; }
  static value to(T what) { return {static_cast<double>(what)}; }
  static T from(const value& what) {
    if (const auto* number = std::get_if<double>(&what.held))
      return static_cast<T>(*number);
    if (const auto* whole = std::get_if<std::int64_t>(&what.held))
      return static_cast<T>(*whole);
    if (const auto* large = std::get_if<std::uint64_t>(&what.held))
      return static_cast<T>(*large);
    throw value_mismatch{name(), what};
  }
};

template <>
struct value_traits<std::string> {
  static std::string name() { return "text"; }
  static value to(const std::string& what) { return {what}; }
  static std::string from(const value& what);
};

template <serialisable T>
struct value_traits<std::optional<T>> {
  static std::string name() { return value_traits<T>::name() + " or nothing"; }
  static value to(const std::optional<T>& what) { return what ? to_value(*what) : value{}; }
  static std::optional<T> from(const value& what) {
    if (std::holds_alternative<std::monostate>(what.held))
      return std::nullopt;
    return from_value<T>(what);
  }
};

template <serialisable T>
struct value_traits<std::vector<T>> {
  static std::string name() { return "list of " + value_traits<T>::name(); }
  static value to(const std::vector<T>& what) {
    value::list all;
    all.reserve(what.size());
    for (const auto& one : what)
      all.push_back(to_value<T>(one));
    return {std::move(all)};
  }
  static std::vector<T> from(const value& what) {
    const auto* given = std::get_if<value::list>(&what.held);
    if (given == nullptr)
      throw value_mismatch{name(), what};
    std::vector<T> all;
    all.reserve(given->size());
    for (const auto& one : *given) {
      try {
        all.push_back(from_value<T>(one));
      } catch (const value_mismatch& why) {
        detail::rethrow_inside("in element " + std::to_string(all.size() + 1), why);
      }
    }
    return all;
  }
};

template <serialisable T>
struct value_traits<std::map<std::string, T>> {
  static std::string name() { return "map from text to " + value_traits<T>::name(); }
  static value to(const std::map<std::string, T>& what) {
    value::structure all;
    for (const auto& [key, one] : what)
      all.emplace(key, to_value(one));
    return {std::move(all)};
  }
  static std::map<std::string, T> from(const value& what) {
    const auto* given = std::get_if<value::structure>(&what.held);
    if (given == nullptr)
      throw value_mismatch{name(), what};
    std::map<std::string, T> all;
    for (const auto& [key, one] : *given) {
      try {
        all.emplace(key, from_value<T>(one));
      } catch (const value_mismatch& why) {
        detail::rethrow_inside("in \"" + key + '"', why);
      }
    }
    return all;
  }
};

/// A structure that has been described.
template <class T>
requires(!std::same_as<std::remove_cv_t<decltype(structure_of<T>)>,
                       std::nullptr_t>) struct value_traits<T> {
  static std::string name() { return std::string{structure_of<T>.name}; }

  static value to(const T& what) {
    value::structure all;
    std::apply([&](const auto&... one) { (all.emplace(one.name, to_value(what.*one.where)), ...); },
               structure_of<T>.fields);
    return {std::move(all)};
  }

  static T from(const value& what) {
    const auto* given = std::get_if<value::structure>(&what.held);
    if (given == nullptr)
      throw value_mismatch{name(), what};
    T made{};
    std::size_t known = 0;
    std::apply([&](const auto&... one) { (read(*given, one, made, known), ...); },
               structure_of<T>.fields);
    if (known != given->size()) {
      for (const auto& [key, one] : *given) {
        if (!has_field(key))
          throw value_mismatch{name() + " has no \"" + key + '"'};
      }
    }
    return made;
  }

private:
  template <class Field>
  static void read(const value::structure& from, const Field& one, T& to, std::size_t& known) {
    const auto found = from.find(std::string{one.name});
    known += found == from.end() ? 0 : 1;
    try {
      to.*one.where = from_value<std::remove_cvref_t<decltype(to.*one.where)>>(
          found == from.end() ? value{} : found->second);
    } catch (const value_mismatch& why) {
      detail::rethrow_inside("in \"" + std::string{one.name} + "\" of " + name(), why);
    }
  }
  static bool has_field(std::string_view key) {
    return std::apply([&](const auto&... one) { return ((one.name == key) || ...); },
                      structure_of<T>.fields);
  }
};

} // namespace callsign
