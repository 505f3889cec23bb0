#include "actors/src/callback_mark.hpp"

#include <utility>

namespace callsign::detail {

namespace {

thread_local const worker_system* marked_here = nullptr;

} // namespace

callback_mark::callback_mark(const worker_system& of) noexcept
    : before_{std::exchange(marked_here, &of)} {}

callback_mark::~callback_mark() { marked_here = before_; }

bool callback_mark::is_here(const worker_system& of) noexcept { return marked_here == &of; }

} // namespace callsign::detail
