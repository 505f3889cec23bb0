#include "app/program/run.hpp"

#include "app/program/bad_argument.hpp"

#include <csignal>
#include <cstdio>
#include <exception>
#include <sys/resource.h>

namespace program {

namespace {

/// Ten thousand clients need as many files; the usual limit is 1024 and may be raised to another
/// one.
void allow_as_many_files_as_possible() {
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < files.rlim_max) {
    files.rlim_cur = files.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &files);
  }
}

/// Whoever reads our lines may go away; that is no reason to end.
void survive_lost_readers() { std::signal(SIGPIPE, SIG_IGN); }

} // namespace

int run(const about& what, int count, const char* const* words,
        const std::function<int(const settings&)>& serve) {
  survive_lost_readers();
  allow_as_many_files_as_possible();
  const char* const name = what.name.c_str();
  try {
    const auto wanted = read_command_line(what, count, words);
    return wanted ? serve(*wanted) : 0;
  } catch (const bad_argument& error) {
    std::fprintf(stderr, "%s: %s\nAll flags: %s --help\n", name, error.what(), name);
    return 2;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s: %s\n", name, error.what());
    return 1;
  }
}

} // namespace program
