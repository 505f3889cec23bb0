/// \file
/// Methods: what a worker can be asked to run by a name instead of a closure.
#pragma once

#include <callsign/value.hpp>

#include <concepts>
#include <cstddef>
#include <functional>
#include <memory>
#include <source_location>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <typeinfo>
#include <utility>
#include <vector>

namespace callsign {

class worker;

/// The name of a method in a call, and the place of that call. Made from text where it is needed.
struct method_name {
  template <class Text>
  requires(std::convertible_to<const Text&, std::string_view> &&
           !std::same_as<Text, std::nullptr_t>) explicit(false)
      method_name(const Text& name, std::source_location given_at = std::source_location::current())
      : text{name}, where{given_at} {}

  std::string_view text;
  std::source_location where;
};

namespace detail {

/// A method with its arguments. @context the worker that runs it
class ready_method {
public:
  virtual ~ready_method() = default;
  [[nodiscard]] virtual value run(worker& self) = 0;
};

/// A method, whatever its types. Once defined it stays to the end. @context any thread
class method {
public:
  method() = default;
  method(const method&) = delete;
  method& operator=(const method&) = delete;
  virtual ~method() = default;
  [[nodiscard]] virtual std::vector<std::string> parameters() const = 0;
  [[nodiscard]] virtual const std::type_info& result() const noexcept = 0;
  [[nodiscard]] virtual std::string result_name() const = 0;
  /// Takes over as many arguments as there are parameters. `at` counts, so that it says which one
  /// was wrong.
  /// @errors `value_mismatch`
  [[nodiscard]] virtual std::unique_ptr<ready_method> ready(const std::vector<value>& arguments,
                                                            std::size_t& at) const = 0;
};

template <class Body, class Result, class... Parameters>
class method_of final : public method {
public:
  static_assert((serialisable<Parameters> && ...),
                "a parameter is not serialisable: see callsign::value_traits");
  static_assert(std::is_void_v<Result> || serialisable<Result>,
                "the result is not serialisable: see callsign::value_traits");

  explicit method_of(Body body) : body_{std::make_shared<const Body>(std::move(body))} {}

  [[nodiscard]] std::vector<std::string> parameters() const override {
    return {value_traits<Parameters>::name()...};
  }
  [[nodiscard]] const std::type_info& result() const noexcept override { return typeid(Result); }
  [[nodiscard]] std::string result_name() const override {
    if constexpr (std::is_void_v<Result>) {
      return "nothing";
    } else {
      return value_traits<Result>::name();
    }
  }
  [[nodiscard]] std::unique_ptr<ready_method> ready(const std::vector<value>& arguments,
                                                    std::size_t& at) const override {
    at = 0;
    // In braces: from the first to the last.
    return std::make_unique<call>(body_,
                                  std::tuple<Parameters...>{read<Parameters>(arguments, at)...});
  }

private:
  template <class Parameter>
  static Parameter read(const std::vector<value>& arguments, std::size_t& at) {
    return from_value<Parameter>(arguments[at++]);
  }

  class call final : public ready_method {
  public:
    call(std::shared_ptr<const Body> body, std::tuple<Parameters...> with)
        : body_{std::move(body)}, with_{std::move(with)} {}
    value run(worker& self) override {
      const auto here = [&](const Parameters&... one) -> decltype(auto) {
        if constexpr (std::invocable<const Body&, worker&, const Parameters&...>) {
          return std::invoke(*body_, self, one...);
        } else {
          return std::invoke(*body_, one...);
        }
      };
      if constexpr (std::is_void_v<Result>) {
        std::apply(here, with_);
        return {};
      } else {
        return to_value<Result>(std::apply(here, with_));
      }
    }

  private:
    std::shared_ptr<const Body> body_;
    std::tuple<Parameters...> with_;
  };

  std::shared_ptr<const Body> body_;
};

/// Finds the parameters of a closure or function that is not a template.
template <class Signature>
struct method_types;
template <class Result, class... Parameters>
struct method_types<std::function<Result(worker&, Parameters...)>> {
  template <class Body>
  using type = method_of<Body, std::remove_cvref_t<Result>, std::remove_cvref_t<Parameters>...>;
};
template <class Result, class... Parameters>
struct method_types<std::function<Result(Parameters...)>> {
  template <class Body>
  using type = method_of<Body, std::remove_cvref_t<Result>, std::remove_cvref_t<Parameters>...>;
};

template <class Body>
[[nodiscard]] std::unique_ptr<method> make_method(Body body) {
  using types = method_types<decltype(std::function{body})>;
  return std::make_unique<typename types::template type<Body>>(std::move(body));
}

template <argument... Arguments>
[[nodiscard]] std::vector<value> values_of(const Arguments&... arguments) {
  std::vector<value> all;
  all.reserve(sizeof...(arguments));
  (all.push_back(to_value(arguments)), ...);
  return all;
}

} // namespace detail

/// A method with arguments that have been checked: a closure like any other, for `ask`, timers, and
/// wherever else a task goes. See `workers::method`.
template <class Result>
class method_call {
public:
  explicit method_call(std::unique_ptr<detail::ready_method> what) : what_{std::move(what)} {}
  Result operator()(worker& self) {
    if constexpr (std::is_void_v<Result>) {
      static_cast<void>(what_->run(self));
    } else {
      return from_value<Result>(what_->run(self));
    }
  }

private:
  std::unique_ptr<detail::ready_method> what_;
};

} // namespace callsign
