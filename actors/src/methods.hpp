/// \file
/// The methods that are known by name.
#pragma once

#include <callsign/method.hpp>

#include <map>
#include <memory>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

namespace callsign::detail {

/// Methods by name. Those that are defined stay, so what is answered stays true.
/// @context any thread
class methods {
public:
  /// @errors `std::invalid_argument`: no name, or one that is taken
  void define(std::string_view name, std::unique_ptr<method> what);
  /// @errors `failure` with `errc::unknown_method`, which lists what is defined
  [[nodiscard]] const method& find(std::string_view name) const;

  /// @errors `failure` with `errc::wrong_arguments`, which says what was expected
  [[nodiscard]] std::unique_ptr<ready_method> ready(const method& what,
                                                    const std::vector<value>& arguments) const;
  /// @errors as `ready`, if the method answers something else than `wanted`
  void check_result(const method& what, const std::type_info& wanted) const;

private:
  [[nodiscard]] std::string name_of(const method& what) const;

  mutable std::shared_mutex lock_;
  std::map<std::string, std::unique_ptr<method>, std::less<>> by_name_;
};

} // namespace callsign::detail
