#include "load/drive.hpp"
#include "load/idle.hpp"
#include "load/options.hpp"

#include <cstdio>
#include <exception>
#include <stdexcept>
#include <string_view>

namespace {

int run(const bench::load_options& options) {
  bench::wire::raise_file_limit();
  if (options.mode == bench::load_mode::idle) {
    bench::run_idle(options);
    return 0;
  }
  const bench::outcome result = bench::run_load(options);
  std::printf("%s\n", bench::to_json(options, result).c_str());
  return result.is_good() ? 0 : 1;
}

} // namespace

int main(int count, char** words) {
  if (count == 2 && std::string_view{words[1]} == "--help") {
    std::fputs(bench::load_usage, stdout);
    return 0;
  }
  try {
    return run(bench::read_load_options(count, words));
  } catch (const std::invalid_argument& error) {
    std::fprintf(stderr, "%s\n\n%s", error.what(), bench::load_usage);
    return 2;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
