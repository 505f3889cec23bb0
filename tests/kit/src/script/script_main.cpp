// The program callsign-script, but for the applications.

#include <callsign/testkit/recording.hpp>
#include <callsign/testkit/script.hpp>
#include <callsign/version.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <exception>
#include <iostream>
#include <string_view>

namespace callsign::testkit {

namespace {

constexpr std::string_view usage =
    "run FILE… [--at actors|program] [--seeds N] [--url ws://HOST:PORT]\n"
    "check FILE…\n"
    "replay RECORDING…\n"
    "export RECORDING\n"
    "--help, --version\n"
    "\n"
    "Plays scripts: at both altitudes in memory, or, with --url, over the wire against a\n"
    "program that runs. Replays what a server has recorded with --record, and names the first\n"
    "line where something else happens; or writes it as a script on standard output. Ends with\n"
    "0 if all went as written, 1 if not, 2 if a file or this command is wrong.\n"
    "\n"
    "Not in a recording: in which order callbacks in the connections ran on several I/O threads\n"
    "(record with --io-threads 1), and what handlers read, drew at random or asked the clock for.\n"
    "A script takes for granted nothing that one who was leaving may have heard of the others.\n";

enum class deed { run, check, replay, as_script };

struct command {
  deed what = deed::run;
  std::vector<std::string> files;
  std::vector<altitude> where{altitude::actors, altitude::program};
  play_options how;
};

/// What is wrong with the words, or nothing.
std::string read(const std::vector<std::string_view>& words, command& into) {
  constexpr std::array<std::pair<std::string_view, deed>, 4> deeds{{{"run", deed::run},
                                                                    {"check", deed::check},
                                                                    {"replay", deed::replay},
                                                                    {"export", deed::as_script}}};
  const auto first = std::ranges::find(deeds, words.empty() ? std::string_view{} : words[0],
                                       [](const auto& one) { return one.first; });
  if (first == deeds.end())
    return "the first word is run, check, replay or export";
  into.what = first->second;
  for (std::size_t i = 1; i < words.size(); ++i) {
    const auto word = words[i];
    if (!word.starts_with("--")) {
      into.files.emplace_back(word);
      continue;
    }
    if (i + 1 == words.size())
      return std::string{word} + " needs a value";
    const auto value = words[++i];
    if (word == "--url") {
      into.how.url = value;
      into.where = {altitude::wire};
    } else if (word == "--seeds") {
      const auto* end = value.data() + value.size();
      if (std::from_chars(value.data(), end, into.how.seeds).ptr != end)
        return "--seeds needs a number";
    } else if (word == "--at" && (value == "actors" || value == "program")) {
      into.where = {value == "actors" ? altitude::actors : altitude::program};
    } else {
      return std::string{word} + ' ' + std::string{value} + " is not known";
    }
  }
  return into.files.empty() ? "no file is named" : std::string{};
}

/// 0, 1 or 2.
int replay(const std::string& file, const make_app& app) {
  const auto what = recording::load(file);
  const auto with = app(what.program());
  if (!with) {
    std::cerr << file << ": there is no program '" << what.program() << "' here; "
              << "replay it with the program that plays scripts for it\n";
    return 2;
  }
  std::cout << file << ", " << what.lines() << " lines of " << what.clients() << " clients, by "
            << what.program() << ' ' << what.version() << ": " << std::flush;
  if (const auto wrong = what.replay(*with)) {
    std::cout << "diverges\n" << std::flush;
    std::cerr << wrong->in_words() << '\n';
    if (!what.has_whole_order())
      std::cerr
          << "callbacks ran in the connections, on several I/O threads, and in which order is "
             "not recorded: record with --io-threads 1\n";
    if (what.version() != version)
      std::cerr << "it was recorded with version " << what.version() << ", and this is " << version
                << '\n';
    return 1;
  }
  std::cout << (what.is_whole() ? "as recorded\n" : "as recorded, up to where it breaks off\n");
  return 0;
}

/// Plays one file everywhere it may be played. 0, 1 or 2.
int run(const std::string& file, command wanted, const make_app& app) {
  if (wanted.what == deed::replay)
    return replay(file, app);
  if (wanted.what == deed::as_script) {
    std::cout << recording::load(file).as_script();
    return 0;
  }
  const auto what = script::load(file);
  if (wanted.what == deed::check)
    return 0;
  const auto with = app(what.program());
  if (!with) {
    std::cerr << file << ": there is no program '" << what.program() << "' here\n";
    return 2;
  }
  for (const auto at : wanted.where) {
    std::cout << file << " at the altitude " << to_string(at) << ": ";
    if (!what.is_for(at)) {
      std::cout << "not meant for it\n";
      continue;
    }
    wanted.how.at = at;
    if (const auto wrong = what.play(*with, wanted.how)) {
      std::cout << "failed\n" << std::flush;
      std::cerr << wrong->in_words() << '\n';
      return 1;
    }
    std::cout << "as written\n";
  }
  return 0;
}

} // namespace

int script_main(int count, const char* const* words, const make_app& app) {
  command wanted;
  const std::vector<std::string_view> all{words + (count > 0 ? 1 : 0), words + count};
  if (all == std::vector<std::string_view>{"--help"}) {
    std::cout << usage;
    return 0;
  }
  if (all == std::vector<std::string_view>{"--version"}) {
    std::cout << "callsign-script " << version << '\n';
    return 0;
  }
  if (const auto wrong = read(all, wanted); !wrong.empty()) {
    std::cerr << wrong << "\n\n" << usage;
    return 2;
  }
  int worst = 0;
  for (const auto& file : wanted.files) {
    try {
      worst = std::max(worst, run(file, wanted, app));
    } catch (const script_error& wrong) {
      std::cerr << wrong.what() << '\n';
      worst = 2;
    } catch (const std::exception& wrong) {
      std::cerr << file << ": " << wrong.what() << '\n';
      worst = 2;
    }
  }
  return worst;
}

} // namespace callsign::testkit
