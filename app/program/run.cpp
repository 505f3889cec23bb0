#include "app/program/run.hpp"

#include "app/program/bad_argument.hpp"
#include "app/program/log_writer.hpp"

#include <csignal>
#include <exception>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

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

/// Where one is closed, the next file or socket would take its number and get our lines.
void have_all_standard_streams() {
  int one = ::open("/dev/null", O_RDWR);
  while (one >= 0 && one <= STDERR_FILENO)
    one = ::dup(one);
  if (one >= 0)
    ::close(one);
}

/// Whoever reads our lines may go away; that is no reason to end.
void survive_lost_readers() { std::signal(SIGPIPE, SIG_IGN); }

} // namespace

int run(const about& what, int count, const char* const* words,
        const std::function<int(const settings&)>& serve) {
  have_all_standard_streams();
  survive_lost_readers();
  allow_as_many_files_as_possible();
  try {
    const auto wanted = read_command_line(what, count, words);
    return wanted ? serve(*wanted) : 0;
  } catch (const bad_argument& error) {
    last_words(what.name + ": " + error.what() + "\nAll flags: " + what.name + " --help\n");
    return 2;
  } catch (const std::exception& error) {
    last_words(what.name + ": " + error.what() + "\n");
    return 1;
  }
}

} // namespace program
