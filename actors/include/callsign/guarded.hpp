/// \file
/// A value that several workers really must share.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <utility>

namespace callsign {

/// A value that can be reached through its lock only. Copies share the value: it is an address.
///
/// Keep state in a worker and ask it, if you can. This is for what is read from everywhere, such as
/// settings, and for results that come with a signal.
///
/// @context any thread; blocks while another one uses the value, so use it shortly
/// @source  4D shared objects, `Use … End use` (rules W-59 to W-63); there are no groups: a value
/// that belongs together is one value
template <class T>
class guarded {
public:
  guarded() : guarded{T{}} {}
  explicit guarded(T value) : shared_{std::make_shared<shared>(std::move(value))} {}

  /// Lends the value to `what`, to read and to write. May be used inside itself (rule W-60).
  template <class F>
  auto use(F&& what) const {
    const std::scoped_lock guard{shared_->lock};
    return std::invoke(std::forward<F>(what), shared_->value);
  }

  /// An ordinary copy. @source rule W-63
  [[nodiscard]] T copy() const {
    const std::scoped_lock guard{shared_->lock};
    return shared_->value;
  }

  void set(T value) const {
    const std::scoped_lock guard{shared_->lock};
    shared_->value = std::move(value);
  }

private:
  struct shared {
    explicit shared(T first) : value{std::move(first)} {}
    std::recursive_mutex lock;
    T value;
  };
  std::shared_ptr<shared> shared_;
};

} // namespace callsign
