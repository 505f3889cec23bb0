/// \file
/// What a worker is asked to run: a closure that is moved, never copied.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstring>
#include <functional>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

namespace callsign {

class worker;

/// Why a task never ran.
enum class drop_reason {
  killed,         ///< its worker was
  aborted,        ///< likewise
  failed,         ///< its worker failed too often, or was to end with a failure
  shutting_down,  ///< the set of workers ended
  overflow,       ///< it gave way in a full mailbox
  no_thread,      ///< its worker could not be given a thread
  no_such_worker, ///< nobody has the number that was called
  after_own_kill, ///< its worker called itself after its own kill
};

/// A move-only closure `void(worker&)` or `void()`. Small ones are stored in place.
///
/// What the closure captures travels with it: values are moved into the worker, nothing mutable is
/// shared unless its type says so. Process variables are not captured; they are looked up when the
/// task runs. A closure with a member `dropped(drop_reason)` is told if it will never run.
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
      does_ = &in_place<closure_type>::all;
    } else {
      ::new (static_cast<void*>(storage_))
          closure_type*(new closure_type(std::forward<F>(closure)));
      does_ = &on_heap<closure_type>::all;
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
  void operator()(worker& self) { does_->run(storage_, self); }

  /// Destroys the closure instead of running it, and tells it why if it wants to know.
  void drop(drop_reason why) noexcept {
    if (does_ != nullptr && does_->dropped != nullptr)
      does_->dropped(storage_, why);
    clear();
  }

private:
  /// What can be done with a closure whose type is forgotten. Where nothing is named, the bytes say
  /// it all: they are copied to move it, and forgotten to destroy it.
  struct operations {
    void (*run)(void* self, worker& where);
    void (*move)(void* self, void* to) noexcept;
    void (*destroy)(void* self) noexcept;
    void (*dropped)(void* self, drop_reason why) noexcept;
  };
  using told = void (*)(void* self, drop_reason why) noexcept;

  static constexpr std::size_t room = 40;

  template <class F>
  struct is_std_function : std::false_type {};
  template <class S>
  struct is_std_function<std::function<S>> : std::true_type {};

  template <class F>
  static constexpr bool
      fits_in_place = sizeof(F) <= room &&
                      alignof(F) <= alignof(void*) && std::is_nothrow_move_constructible_v<F>;

  template <class F>
  static constexpr bool wants_to_know = requires(F& closure, drop_reason why) {
    closure.dropped(why);
  };

  template <class F>
  static void tell(F& closure, drop_reason why) noexcept {
    if constexpr (wants_to_know<F>)
      closure.dropped(why);
  }

  template <class F>
  static void run(F& closure, worker& where) {
    if constexpr (std::invocable<F&, worker&>) {
      std::invoke(closure, where);
    } else {
      std::invoke(closure);
    }
  }

  template <class F>
  struct in_place {
    static void run(void* self, worker& where) { task::run(*static_cast<F*>(self), where); }
    static void move(void* self, void* to) noexcept {
      auto& closure = *static_cast<F*>(self);
      ::new (to) F(std::move(closure));
      closure.~F();
    }
    static void destroy(void* self) noexcept { static_cast<F*>(self)->~F(); }
    static void tell(void* self, drop_reason why) noexcept {
      task::tell(*static_cast<F*>(self), why);
    }
    static constexpr bool is_bytes = std::is_trivially_copyable_v<F>;
    static constexpr operations all{&run, is_bytes ? nullptr : &move, is_bytes ? nullptr : &destroy,
                                    wants_to_know<F> ? told{&tell} : nullptr};
  };

  template <class F>
  struct on_heap {
    static void run(void* self, worker& where) { task::run(**static_cast<F**>(self), where); }
    static void destroy(void* self) noexcept { delete *static_cast<F**>(self); }
    static void tell(void* self, drop_reason why) noexcept {
      task::tell(**static_cast<F**>(self), why);
    }
    static constexpr operations all{&run, nullptr, &destroy,
                                    wants_to_know<F> ? told{&tell} : nullptr};
  };

  void take(task& other) noexcept {
    if (other.does_ == nullptr)
      return;
    if (other.does_->move != nullptr) {
      other.does_->move(other.storage_, storage_);
    } else {
      std::memcpy(storage_, other.storage_, room);
    }
    does_ = std::exchange(other.does_, nullptr);
  }

  void clear() noexcept {
    if (does_ == nullptr)
      return;
    const auto* done = std::exchange(does_, nullptr);
    if (done->destroy != nullptr)
      done->destroy(storage_);
  }

  const operations* does_ = nullptr;
  alignas(void*) std::byte storage_[room];
};

} // namespace callsign
