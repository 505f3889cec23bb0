#include "load/processor_time.hpp"

#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <unistd.h>

namespace bench {
namespace {

/// What stands after the program's name, which may itself contain blanks and brackets.
std::istringstream stat_fields(const std::filesystem::path& root) {
  std::ifstream file{root / "stat"};
  std::string line;
  std::getline(file, line);
  const std::size_t name_end = line.rfind(')');
  if (name_end == std::string::npos)
    throw std::runtime_error{"cannot read the processor time of " + root.string()};
  return std::istringstream{line.substr(name_end + 2)};
}

} // namespace

processor_time read_processor_time(int process) {
  const std::filesystem::path root = "/proc/" + std::to_string(process);
  processor_time used;
  std::istringstream fields = stat_fields(root);
  std::string skipped;
  // User and kernel time are fields 14 and 15; the first field left is number 3.
  for (int field = 3; field < 14; ++field)
    fields >> skipped;
  double user_ticks = 0;
  double kernel_ticks = 0;
  fields >> user_ticks >> kernel_ticks;
  const auto ticks_per_second = static_cast<double>(::sysconf(_SC_CLK_TCK));
  used.user = user_ticks / ticks_per_second;
  used.kernel = kernel_ticks / ticks_per_second;
  for (const auto& thread : std::filesystem::directory_iterator{root / "task"}) {
    std::ifstream file{thread.path() / "schedstat"};
    double spent = 0;
    if (file >> spent)
      used.total += spent / 1e9;
  }
  if (used.total == 0)
    used.total = used.user + used.kernel;
  return used;
}

} // namespace bench
