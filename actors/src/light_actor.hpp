/// \file
/// An actor for crowds: CAF's mail in a mailbox of two words.
#pragma once

#include "actors/src/unit.hpp"

#include <atomic>
#include <cstddef>
#include <utility>

namespace callsign::detail {

/// A pinned actor of which there are tens of thousands. What CAF's event-based actor has beside it
/// (four queues, behaviours, handlers for everything, awaited answers: 1.3 KB, and some hundred
/// instructions for each mail) it does not have; its mail and its handle are CAF's. See decision
/// 45.
///
/// Mail is handled in the order in which it came. Requests that come after its end are answered
/// with an error; one that lives does not answer what it does not know.
///
/// @context  its unit; `enqueue`: any thread
class light_actor : public caf::monitorable_actor, public caf::resumable {
public:
  light_actor(caf::actor_config& config, unit& where);
  ~light_actor() override;

  using caf::monitorable_actor::enqueue;
  void enqueue(caf::mailbox_element_ptr what, caf::execution_unit* host) override;
  /// The same mail that others get, too; needs no memory while the one before it is handled.
  /// @context  the unit's thread
  void enqueue_shared(const caf::message& what);

  caf::mailbox_element* peek_at_next_mailbox_element() override;
  [[nodiscard]] std::size_t waiting_count();

  void on_destroy() override;
  resume_result resume(caf::execution_unit* host, std::size_t most) override;
  void intrusive_ptr_add_ref_impl() override { caf::intrusive_ptr_add_ref(ctrl()); }
  void intrusive_ptr_release_impl() override { caf::intrusive_ptr_release(ctrl()); }

protected:
  /// One mail. @errors  none: an actor that falls would leave everybody waiting
  virtual void receive(caf::type_erased_tuple& mail) noexcept = 0;
  /// Takes no more mail, from the end of the mail that is being handled on.
  void quit() noexcept { has_quit_ = true; }

private:
  using node = caf::intrusive::singly_linked<caf::mailbox_element>;

  /// The envelope of a mail that is shared; it belongs to the actor and is used again.
  class envelope final : public caf::mailbox_element {
  public:
    [[nodiscard]] bool is_free() const noexcept { return content_.empty(); }
    void fill(const caf::message& what) noexcept { content_ = what; }

    void request_deletion(bool) const noexcept override { content_.reset(); }
    /// Others read it, too: nobody may change it.
    caf::type_erased_tuple& content() override {
      return const_cast<caf::detail::message_data&>(*content_.cvals());
    }
    const caf::type_erased_tuple& content() const override { return *content_.cvals(); }
    caf::message move_content_to_message() override { return content_; }
    caf::message copy_content_to_message() const override { return content_; }

  private:
    mutable caf::message content_;
  };

  /// Brings what has arrived behind `oldest_`, in order. False: nothing has.
  bool fetch() noexcept;
  void drop_all(bool is_answered) noexcept;
  void finish() noexcept;

  unit& where_;
  /// What has arrived, the newest first; or one of the marks in the source.
  std::atomic<node*> newest_;
  node* oldest_ = nullptr; ///< taken out, in order
  envelope shared_;
  bool has_quit_ = false;
};

/// Spawns a light actor of class `A`, built from the unit and `args`.
template <class A, class... Args>
[[nodiscard]] caf::actor spawn_light(caf::actor_system& system, unit& where, Args&&... args) {
  caf::actor_config config;
  return caf::make_actor<A, caf::actor>(system.next_actor_id(), system.node(), &system, config,
                                        where, std::forward<Args>(args)...);
}

} // namespace callsign::detail
