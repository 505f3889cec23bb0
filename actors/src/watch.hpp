/// \file
/// What is behind a watch.
#pragma once

#include "actors/src/incarnation.hpp"

#include <callsign/watch.hpp>

#include <atomic>
#include <cstddef>
#include <memory>
#include <source_location>

namespace callsign::detail {

/// Whoever is to hear of an end, once. The slot of the one that is watched has it until then.
class watcher {
public:
  virtual ~watcher() = default;
  /// @context where the end happens, no lock held
  virtual void tell(const worker_end& what) = 0;

  /// Among those who watch the same; under the lock of the slot.
  std::size_t place = 0;
};

/// An incarnation that watches another one.
/// @context any thread, except where said
class watch_core final : public watcher, public std::enable_shared_from_this<watch_core> {
public:
  watch_core(std::weak_ptr<slot> whom, port to, end_handler then, std::source_location where)
      : whom_{std::move(whom)}, to_{std::move(to)}, then_{std::move(then)}, where_{where} {}

  /// Puts the end into the mailbox of the one who watches, whatever the limit of that is.
  void tell(const worker_end& what) override;
  void cancel() noexcept;
  [[nodiscard]] bool is_active() const noexcept { return active_.load(std::memory_order_acquire); }
  /// What the handler holds ends with the incarnation that watches. @context the one who watches
  void forget() noexcept;

private:
  struct news;

  const std::weak_ptr<slot> whom_;
  const port to_;
  end_handler then_; ///< touched by the one who watches only
  const std::source_location where_;
  std::atomic<bool> active_{true};
};

} // namespace callsign::detail
