// What a line tells those who watch promises.

#include "tests/kit/src/memory/door.hpp"

namespace callsign::testkit::memory {

void line::note(const item& what) const {
  auto& watched = here_.all().spoken().watched;
  if (watched && what.what == item::kind::message)
    watched->said(name_, what.bytes);
  if (watched && (what.what == item::kind::close || what.what == item::kind::hang_up))
    watched->leaves(name_);
}

void line::note(const sound& what) const {
  auto& watched = here_.all().spoken().watched;
  if (!watched)
    return;
  switch (what.what) {
  case sound::kind::opened: return watched->admitted(name_);
  case sound::kind::text:
  case sound::kind::binary: return watched->heard(name_, what.bytes);
  case sound::kind::goodbye: return watched->ended(name_);
  default: return;
  }
}

} // namespace callsign::testkit::memory
