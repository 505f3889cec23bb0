/// \file
/// What a worker is asked to run: a closure that is moved, never copied.
#pragma once

#include <concepts>
#include <cstddef>
#include <functional>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

namespace callsign {

class worker;

/// A move-only closure `void(worker&)` or `void()`. Small ones are stored in place.
///
/// What the closure captures travels with it: values are moved into the worker, nothing mutable is
/// shared unless its type says so. Process variables are not captured; they are looked up when the
/// task runs.
///
/// @context  built anywhere; runs in the worker that was called, and is destroyed there; a task
/// that is dropped is
///           destroyed by whoever drops it
/// @source   4D formula objects (rules W-21 and W-22)
class task {
public:
  task() noexcept = default;
  task(std::nullptr_t) noexcept {}

  template <class F>
  requires(!std::same_as<std::remove_cvref_t<F>, task> &&
           (std::invocable<std::decay_t<F>&, worker&> || std::invocable<std::decay_t<F>&>))
      task(F&& closure) {
    using closure_type = std::decay_t<F>;
    if constexpr (std::is_constructible_v<bool, closure_type&> &&
                  (std::is_pointer_v<closure_type> || is_std_function<closure_type>::value)) {
      if (!static_cast<bool>(closure))
        return;
    }
    if constexpr (fits_in_place<closure_type>) {
      ::new (static_cast<void*>(storage_)) closure_type(std::forward<F>(closure));
      does_ = &in_place<closure_type>;
    } else {
      ::new (static_cast<void*>(storage_))
          closure_type*(new closure_type(std::forward<F>(closure)));
      does_ = &on_heap<closure_type>;
    }
  }

  task(task&& other) noexcept { take(other); }
  task& operator=(task&& other) noexcept {
    if (this != &other) {
      clear();
      take(other);
    }
    return *this;
  }
  task(const task&) = delete;
  task& operator=(const task&) = delete;
  ~task() { clear(); }

  [[nodiscard]] explicit operator bool() const noexcept { return does_ != nullptr; }

  /// Runs the closure. @context the worker's own turn
  void operator()(worker& self) { does_(verb::run, storage_, nullptr, &self); }

private:
  enum class verb { run, move, destroy };
  using implementation = void (*)(verb, void* self, void* to, worker* where);

  static constexpr std::size_t room = 48;

  template <class F>
  struct is_std_function : std::false_type {};
  template <class S>
  struct is_std_function<std::function<S>> : std::true_type {};

  template <class F>
  static constexpr bool fits_in_place =
      sizeof(F) <= room &&
      alignof(F) <= alignof(std::max_align_t) && std::is_nothrow_move_constructible_v<F>;

  template <class F>
  static void run(F& closure, worker& where) {
    if constexpr (std::invocable<F&, worker&>) {
      std::invoke(closure, where);
    } else {
      std::invoke(closure);
    }
  }

  template <class F>
  static void in_place(verb what, void* self, void* to, worker* where) {
    auto& closure = *static_cast<F*>(self);
    switch (what) {
    case verb::run: run(closure, *where); return;
    case verb::move: ::new (to) F(std::move(closure)); [[fallthrough]];
    case verb::destroy: closure.~F(); return;
    }
  }

  template <class F>
  static void on_heap(verb what, void* self, void* to, worker* where) {
    auto*& closure = *static_cast<F**>(self);
    switch (what) {
    case verb::run: run(*closure, *where); return;
    case verb::move: ::new (to) F*(closure); return;
    case verb::destroy: delete closure; return;
    }
  }

  void take(task& other) noexcept {
    if (other.does_ == nullptr)
      return;
    other.does_(verb::move, other.storage_, storage_, nullptr);
    does_ = std::exchange(other.does_, nullptr);
  }

  void clear() noexcept {
    if (does_ != nullptr)
      std::exchange(does_, nullptr)(verb::destroy, storage_, nullptr, nullptr);
  }

  implementation does_ = nullptr;
  alignas(std::max_align_t) std::byte storage_[room];
};

} // namespace callsign
