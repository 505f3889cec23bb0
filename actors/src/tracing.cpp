// Traces of what a worker runs. Only what is traced pays for it: its entries are wrapped when they
// come in.

#include "actors/src/incarnation.hpp"
#include "actors/src/witness.hpp"

#include <utility>

namespace callsign {

namespace detail {

namespace {

class traced_task {
public:
  traced_task(entry& what, std::uint64_t sender, witness& by)
      : by_{&by}, since_{by.now()}, where_{what.where}, sender_{sender}, kind_{what.kind},
        what_{std::move(what.run)} {}

  void operator()(worker& self) {
    const auto began = by_->now();
    try {
      what_(self);
    } catch (...) {
      what_ = nullptr;
      tell(self, began, true);
      throw;
    }
    what_ = nullptr;
    tell(self, began, false);
  }
  void dropped(drop_reason why) noexcept { what_.drop(why); }

private:
  void tell(const worker& self, witness::time_point began, bool is_failed) const {
    by_->has_run({self.name(), self.number(), to_string(kind_), label_of(where_), sender_,
                  began - since_, by_->now() - began, is_failed});
  }

  witness* by_;
  witness::time_point since_;
  std::source_location where_;
  std::uint64_t sender_;
  entry_kind kind_;
  task what_;
};

std::string in_units(std::chrono::nanoseconds time) {
  const auto microseconds = std::chrono::duration_cast<std::chrono::microseconds>(time).count();
  return microseconds < 10'000 ? std::to_string(microseconds) + " us"
                               : std::to_string(microseconds / 1000) + " ms";
}

} // namespace

void trace(entry& what, std::uint64_t sender, witness& by) {
  what.run = traced_task{what, sender, by};
}

} // namespace detail

std::string trace_line::in_words() const {
  return worker + " (" + std::to_string(number) + "): " + kind + " given at " + label +
         (sender == 0 ? std::string{} : " by " + std::to_string(sender)) + ", waited " +
         detail::in_units(waited) + ", ran " + detail::in_units(ran) +
         (is_failed ? ", and threw" : "");
}

} // namespace callsign
