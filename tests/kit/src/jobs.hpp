/// \file
/// What can be seen of an actor that has something to do.
#pragma once

#include "actors/src/worker_actor.hpp"

#include <callsign/testkit/scheduler.hpp>

#include <caf/all.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace callsign::testkit {

/// The names of all workers that ever had a step, by the lower half of their numbers.
using worker_names = std::map<std::uint32_t, std::string>;

[[nodiscard]] mail mail_of(detail::entry_kind kind);
[[nodiscard]] std::optional<mail> next_step_of(const detail::worker_actor& who);
/// "worker "bob": task given at chat.cpp:42".
[[nodiscard]] std::string describe_job(caf::resumable* job);
[[nodiscard]] std::string name_of(const worker_names& names, std::uint32_t number);

/// For an explorer.
[[nodiscard]] std::string key_of(caf::resumable* job);
[[nodiscard]] step_view view_of(caf::resumable* job, const worker_names& names);
/// How much waits for it.
[[nodiscard]] std::size_t load_of(caf::resumable* job);
[[nodiscard]] footprint touches_of(caf::resumable* job, reach tasks);

} // namespace callsign::testkit
