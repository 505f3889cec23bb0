#include "load/promise_watch.hpp"

#include <algorithm>

namespace bench {

promise_watch::promise_watch(const load_options& options)
    : is_closed_(options.connections), promises_{{.greeting = options.greeting,
                                                  .speakers_hear_themselves =
                                                      options.heard_by == audience::everybody}} {
  for (std::size_t client = 0; client < options.connections; ++client)
    names_.push_back("client " + std::to_string(client));
}

void promise_watch::admitted(std::size_t client) {
  if (is_watched(client))
    promises_.admitted(names_[client]);
}

void promise_watch::said(std::size_t client, std::string_view text) {
  promises_.said(names_[client], text);
}

void promise_watch::heard(std::size_t client, std::string_view text) {
  if (is_watched(client))
    promises_.heard(names_[client], text);
}

void promise_watch::closed(std::size_t client) {
  if (!is_watched(client))
    return;
  promises_.ended(names_[client]);
  is_closed_[client] = true;
}

void promise_watch::ended(std::size_t client) {
  // Behind a Close frame the end of the line is the rest of the same end.
  if (is_watched(client) && !is_closed_[client])
    promises_.ended(names_[client]);
}

void promise_watch::part() {
  before_ = promises_.broken();
  for (const std::string& name : names_)
    promises_.leaves(name);
}

std::vector<std::string> promise_watch::broken() const {
  std::vector<std::string> all = before_;
  for (std::string& one : promises_.broken()) {
    if (std::ranges::find(before_, one) == before_.end())
      all.push_back(std::move(one));
  }
  return all;
}

} // namespace bench
