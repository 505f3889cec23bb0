/// \file
/// What every program here shares: its flags, its log, its start and its exit code.
#pragma once

#include "app/program/command_line.hpp" // IWYU pragma: export
#include "app/program/guest_list.hpp"   // IWYU pragma: export
#include "app/program/launch.hpp"       // IWYU pragma: export
#include "app/program/log_book.hpp"     // IWYU pragma: export
#include "app/program/run.hpp"          // IWYU pragma: export
#include "app/program/settings.hpp"     // IWYU pragma: export
