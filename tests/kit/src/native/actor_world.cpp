#include <callsign/testkit/native/actor_world.hpp>

#include <caf/scheduler/test_coordinator.hpp>

#include <cxxabi.h>

#include <algorithm>
#include <cstdlib>

namespace callsign::testkit::native {

namespace {

caf::scheduler::test_coordinator& coordinator_of(caf::actor_system& system) {
  return dynamic_cast<caf::scheduler::test_coordinator&>(system.scheduler());
}

std::string name_of(const caf::abstract_actor& who) {
  const auto* local = dynamic_cast<const caf::local_actor*>(&who);
  return (local != nullptr ? std::string{local->name()} : "actor") + ' ' + std::to_string(who.id());
}

std::string name_of(const caf::strong_actor_ptr& who) {
  return who ? name_of(*caf::actor_cast<caf::abstract_actor*>(who)) : "nobody";
}

std::string in_words(const caf::mailbox_element& what) {
  return caf::deep_to_string(what.content()) + " from " + name_of(what.sender);
}

/// What comes next to an actor that can run.
const caf::mailbox_element* next_of(const caf::abstract_actor& who) {
  return const_cast<caf::abstract_actor&>(who).peek_at_next_mailbox_element();
}

std::string everything_ready(const scheduler& steps) {
  std::string text;
  for (const auto& line : steps.ready())
    text += "\n  " + line;
  return text.empty() ? "\nnothing is ready" : "\nready:" + text;
}

void fail_at(const std::source_location& where, const std::string& text) {
  ADD_FAILURE_AT(where.file_name(), static_cast<int>(where.line())) << text;
}

} // namespace

std::string type_name_of(const std::type_info& type) {
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> name{
      abi::__cxa_demangle(type.name(), nullptr, nullptr, &status), &std::free};
  std::string text = status == 0 ? name.get() : type.name();
  constexpr std::string_view long_string =
      "std::__cxx11::basic_string<char, std::char_traits<char>, std::allocator<char> >";
  for (auto at = text.find(long_string); at != std::string::npos; at = text.find(long_string))
    text.replace(at, long_string.size(), "std::string");
  return text;
}

// -- sentences ------------------------------------------------------------------------------------

bool actor_sentence::is_next(const caf::abstract_actor& receiver) const {
  if (!in_->place_of(receiver))
    return false;
  const auto* next = next_of(receiver);
  return next != nullptr && what_.fits(next->content()) && (!sender_ || next->sender == sender_);
}

std::string actor_sentence::in_words(const caf::abstract_actor& receiver) const {
  return what_.words + (sender_ ? " from " + name_of(sender_) : "") + " to " + name_of(receiver);
}

void actor_sentence::fail(const std::string& text) const { fail_at(where_, text); }

bool actor_sentence::run(const caf::abstract_actor& receiver) {
  in_->sync();
  in_->steps().run_at(*in_->place_of(receiver));
  return true;
}

void actor_expectation::act(const caf::abstract_actor& receiver) {
  if (is_next(receiver)) {
    run(receiver);
    return;
  }
  const auto* next = in_->steps().is_idle() ? nullptr : next_of(receiver);
  fail("expected " + in_words(receiver) + ", but " +
       (next != nullptr ? "next comes " + native::in_words(*next) : "nothing waits for it") +
       everything_ready(in_->steps()));
}

void actor_prohibition::act(const caf::abstract_actor& receiver) {
  if (is_next(receiver))
    fail(in_words(receiver) + " is not allowed here");
}

void actor_preference::act(const caf::abstract_actor& receiver) {
  auto& who =
      const_cast<caf::scheduled_actor&>(dynamic_cast<const caf::scheduled_actor&>(receiver));
  std::vector<caf::mailbox_element_ptr> all;
  auto take = [&all](caf::mailbox_element& what) {
    all.push_back(caf::make_mailbox_element(what.sender, what.mid, what.stages,
                                            what.copy_content_to_message()));
    return caf::intrusive::task_result::resume;
  };
  const auto found = [&](const caf::mailbox_element_ptr& one) {
    return what_.fits(one->content()) && (!sender_ || one->sender == sender_);
  };
  if (in_->place_of(receiver)) {
    static_cast<void>(next_of(who)); // brings what has arrived into the queues
    while (who.get_normal_queue().new_round(1000, take).consumed_items != 0) {
    }
  }
  const auto wanted = std::ranges::find_if(all, found);
  const auto overtaken = std::find_if(all.begin(), wanted, [&](const auto& one) {
    return wanted != all.end() && one->sender == (*wanted)->sender;
  });
  if (wanted == all.end())
    fail("there is no " + in_words(receiver) + " that could come first" +
         everything_ready(in_->steps()));
  else if (overtaken != wanted)
    fail(in_words(receiver) + " cannot come first: it would overtake " +
         native::in_words(**overtaken));
  else
    std::rotate(all.begin(), wanted, wanted + 1);
  for (auto& one : all)
    who.mailbox().queue().push_back(std::move(one));
}

void actor_injection::deliver(const caf::strong_actor_ptr& receiver) {
  const auto& who = *caf::actor_cast<caf::abstract_actor*>(receiver);
  if (in_->place_of(who) && next_of(who) != nullptr) {
    fail_at(where_, "the injected " + caf::deep_to_string(what_) + " to " + name_of(who) +
                        " would not be the next step, because something waits already:\n  " +
                        in_words(*next_of(who)));
    return;
  }
  receiver->enqueue(sender_, caf::make_message_id(), what_, nullptr);
  if (const auto place = in_->place_of(who))
    in_->steps().run_at(*place);
  else
    fail_at(where_, "the injected " + caf::deep_to_string(what_) + " to " + name_of(who) +
                        " is not taken: this actor has ended, or has a thread of its own");
}

// -- the world ------------------------------------------------------------------------------------

/// What the actors have asked CAF's clock for.
class actor_world::timeouts final : public step_source {
public:
  timeouts(virtual_clock& ours, caf::detail::test_actor_clock& theirs)
      : ours_{ours}, theirs_{theirs}, offset_{theirs.now() - ours.now()} {}

  void sync() const {
    theirs_.current_time = std::max(theirs_.current_time, ours_.now() + offset_);
  }

  [[nodiscard]] std::size_t ready() const override {
    sync();
    return theirs_.has_pending_timeout() &&
                   theirs_.schedule().begin()->first <= theirs_.current_time
               ? 1
               : 0;
  }
  void run(std::size_t) override { theirs_.trigger_timeout(); }
  [[nodiscard]] std::string describe(std::size_t) const override {
    return "a time-out or a delayed message of an actor";
  }
  [[nodiscard]] std::optional<std::chrono::steady_clock::time_point> next_due() const override {
    if (!theirs_.has_pending_timeout())
      return std::nullopt;
    return theirs_.schedule().begin()->first - offset_;
  }

private:
  virtual_clock& ours_;
  caf::detail::test_actor_clock& theirs_;
  std::chrono::nanoseconds offset_;
};

actor_world::actor_world(world_options options)
    : world{std::move(options)}, timeouts_{std::make_unique<timeouts>(
                                     clock(), coordinator_of(system()).clock())} {
  steps().add_source(*timeouts_);
}

actor_world::~actor_world() {
  for (const auto& one : mine_)
    caf::anon_send_exit(one, caf::exit_reason::kill);
  for (const auto& one : mine_) {
    const auto& who = *caf::actor_cast<caf::abstract_actor*>(one);
    while (const auto place = place_of(who))
      steps().run_at(*place);
  }
  mine_.clear();
  steps().remove_source(*timeouts_);
}

caf::actor_system& actor_world::system() { return callsign::native::actor_system(workers()); }

caf::actor actor_world::begin(caf::actor who) {
  if (const auto place = place_of(*caf::actor_cast<caf::abstract_actor*>(who)))
    steps().run_at(*place);
  mine_.push_back(who);
  return who;
}

void actor_world::sync() { timeouts_->sync(); }

std::optional<std::size_t> actor_world::place_of(const caf::abstract_actor& who) {
  const auto& jobs = coordinator_of(system()).jobs;
  const auto found = std::ranges::find_if(jobs, [&](const caf::resumable* job) {
    return dynamic_cast<const caf::abstract_actor*>(job) == &who;
  });
  if (found == jobs.end())
    return std::nullopt;
  return static_cast<std::size_t>(found - jobs.begin());
}

} // namespace callsign::testkit::native
