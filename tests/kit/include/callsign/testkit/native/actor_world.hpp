/// \file
/// Opt-in: the verbs about mail for CAF actors of your own. Component `testkit_native`.
#pragma once

#include <callsign/native/caf.hpp>
#include <callsign/testkit/world.hpp>

#include <caf/all.hpp>

#include <gtest/gtest.h>

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <source_location>
#include <sstream>
#include <string>
#include <tuple>
#include <type_traits>
#include <typeinfo>
#include <utility>
#include <vector>

namespace callsign::testkit::native {

class actor_world;

/// What a message must look like.
struct content_pattern {
  std::function<bool(const caf::type_erased_tuple&)> fits;
  std::string words; ///< "ping (is equal to 1)"
};

/// "std::string", as the compiler would say it.
[[nodiscard]] std::string type_name_of(const std::type_info& type);

/// Matches every element.
struct any_element {
  using is_gtest_matcher = void;
  template <class T>
  bool MatchAndExplain(const T&, std::ostream*) const {
    return true;
  }
  void DescribeTo(std::ostream* out) const { *out << "is anything"; }
  void DescribeNegationTo(std::ostream* out) const { *out << "is nothing"; }
};

/// A message of exactly these types; each element as its matcher says.
template <class... Ts>
[[nodiscard]] content_pattern pattern_of(const testing::Matcher<const Ts&>&... that) {
  std::ostringstream words;
  words << '(';
  const char* comma = "";
  ((words << std::exchange(comma, ", ") << type_name_of(typeid(Ts)) << ' ' << that), ...);
  words << ')';
  auto all = std::make_tuple(that...);
  return {[all](const caf::type_erased_tuple& content) {
            if (content.size() != sizeof...(Ts) || !content.match_elements<Ts...>())
              return false;
            return [&]<std::size_t... I>(std::index_sequence<I...>) {
              return (std::get<I>(all).Matches(content.get_as<Ts>(I)) && ...);
            }
            (std::index_sequence_for<Ts...>{});
          },
          words.str()};
}

/// What the verbs say about the mail of CAF actors. A sentence that names no sender means
/// anybody's.
class actor_sentence {
public:
  actor_sentence(actor_world& in, content_pattern what, std::source_location where)
      : in_{&in}, what_{std::move(what)}, where_{where} {}

protected:
  [[nodiscard]] bool is_next(const caf::abstract_actor& receiver) const;
  [[nodiscard]] std::string in_words(const caf::abstract_actor& receiver) const;
  void fail(const std::string& text) const;
  bool run(const caf::abstract_actor& receiver);
  [[nodiscard]] static const caf::abstract_actor& actor_of(const caf::strong_actor_ptr& who) {
    return *caf::actor_cast<caf::abstract_actor*>(who);
  }

  actor_world* in_;
  content_pattern what_;
  std::source_location where_;
  caf::strong_actor_ptr sender_;
};

/// A sentence that goes on: `.from(ana).to(bob)`.
template <class Verb>
class [[nodiscard]] open_actor_sentence : public actor_sentence {
public:
  using actor_sentence::actor_sentence;
  template <class Handle>
  Verb from(const Handle& sender) && {
    sender_ = caf::actor_cast<caf::strong_actor_ptr>(sender);
    return std::move(static_cast<Verb&>(*this));
  }
  /// What it does is said at the verb, in `actor_world`.
  template <class Handle>
  auto to(const Handle& receiver) && {
    return static_cast<Verb&>(*this).act(
        actor_of(caf::actor_cast<caf::strong_actor_ptr>(receiver)));
  }
};

class actor_expectation : public open_actor_sentence<actor_expectation> {
public:
  using open_actor_sentence::open_actor_sentence;
  void act(const caf::abstract_actor& receiver);
};

class actor_permission : public open_actor_sentence<actor_permission> {
public:
  using open_actor_sentence::open_actor_sentence;
  bool act(const caf::abstract_actor& receiver) { return is_next(receiver) && run(receiver); }
};

class actor_prohibition : public open_actor_sentence<actor_prohibition> {
public:
  using open_actor_sentence::open_actor_sentence;
  void act(const caf::abstract_actor& receiver);
};

class actor_preference : public open_actor_sentence<actor_preference> {
public:
  using open_actor_sentence::open_actor_sentence;
  void act(const caf::abstract_actor& receiver);
};

/// A message on its way.
class [[nodiscard]] actor_injection {
public:
  actor_injection(actor_world& in, caf::message what, std::source_location where)
      : in_{&in}, what_{std::move(what)}, where_{where} {}
  template <class Handle>
  actor_injection from(const Handle& sender) && {
    sender_ = caf::actor_cast<caf::strong_actor_ptr>(sender);
    return std::move(*this);
  }
  template <class Handle>
  void to(const Handle& receiver) && {
    deliver(caf::actor_cast<caf::strong_actor_ptr>(receiver));
  }

private:
  void deliver(const caf::strong_actor_ptr& receiver);

  actor_world* in_;
  caf::message what_;
  std::source_location where_;
  caf::strong_actor_ptr sender_;
};

/// A world with CAF actors beside the workers, on the same scheduler and the same clock: delayed
/// messages and time-outs of actors become ready when the clock passes them.
///
/// The verbs of `world` speak about workers; the same verbs with types speak about actors:
/// `expect<std::string>("hello").from(ana).to(bob)`. Each element is a value or a matcher; without
/// elements, any message of these types is meant.
///
/// @context the thread of the test
class actor_world : public world {
public:
  using here = std::source_location;

  explicit actor_world(world_options options = {});
  /// Ends every actor that was spawned through it.
  ~actor_world();

  [[nodiscard]] caf::actor_system& system();

  /// An actor that has begun, and ends with this world.
  template <class... Args>
  caf::actor spawn(Args&&... args) {
    sync();
    return begin(caf::actor_cast<caf::actor>(system().spawn(std::forward<Args>(args)...)));
  }

  using world::allow;
  using world::disallow;
  using world::expect;
  using world::inject;
  using world::prepone;

  /// Sends and runs at once. Fails if it would not be the receiver's next step.
  template <class... Ts>
  requires(sizeof...(Ts) > 0) actor_injection
      inject(std::type_identity_t<Ts>... content, here where = here::current()) {
    sync();
    return {*this, caf::make_message(std::move(content)...), where};
  }

  /// Runs the receiver's next step, which must be this message. Otherwise it fails and runs
  /// nothing.
  template <class... Ts>
  requires(sizeof...(Ts) > 0) actor_expectation
      expect(testing::Matcher<const Ts&>... that, here where = here::current()) {
    return {*this, pattern_of<Ts...>(that...), where};
  }
  template <class... Ts>
  requires(sizeof...(Ts) > 0) actor_expectation expect(here where = here::current()) {
    return {*this, pattern_of<Ts...>(testing::Matcher<const Ts&>{any_element{}}...), where};
  }

  /// Runs the receiver's next step if it is this message. True: it did.
  template <class... Ts>
  requires(sizeof...(Ts) > 0) actor_permission
      allow(testing::Matcher<const Ts&>... that, here where = here::current()) {
    return {*this, pattern_of<Ts...>(that...), where};
  }
  template <class... Ts>
  requires(sizeof...(Ts) > 0) actor_permission allow(here where = here::current()) {
    return {*this, pattern_of<Ts...>(testing::Matcher<const Ts&>{any_element{}}...), where};
  }

  /// Fails if the receiver's next step is this message. Runs nothing.
  template <class... Ts>
  requires(sizeof...(Ts) > 0) actor_prohibition
      disallow(testing::Matcher<const Ts&>... that, here where = here::current()) {
    return {*this, pattern_of<Ts...>(that...), where};
  }
  template <class... Ts>
  requires(sizeof...(Ts) > 0) actor_prohibition disallow(here where = here::current()) {
    return {*this, pattern_of<Ts...>(testing::Matcher<const Ts&>{any_element{}}...), where};
  }

  /// Puts the first such message before all others in the receiver's mailbox. Fails if there is
  /// none, or if it would overtake one of the same sender. Runs nothing.
  template <class... Ts>
  requires(sizeof...(Ts) > 0) actor_preference
      prepone(testing::Matcher<const Ts&>... that, here where = here::current()) {
    return {*this, pattern_of<Ts...>(that...), where};
  }
  template <class... Ts>
  requires(sizeof...(Ts) > 0) actor_preference prepone(here where = here::current()) {
    return {*this, pattern_of<Ts...>(testing::Matcher<const Ts&>{any_element{}}...), where};
  }

private:
  friend class actor_sentence;
  friend class actor_preference;
  friend class actor_injection;
  class timeouts;

  caf::actor begin(caf::actor who);
  /// CAF's clock shows what the world's clock shows.
  void sync();
  [[nodiscard]] std::optional<std::size_t> place_of(const caf::abstract_actor& who);

  std::unique_ptr<timeouts> timeouts_;
  std::vector<caf::actor> mine_;
};

} // namespace callsign::testkit::native
