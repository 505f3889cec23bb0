#include "app/program/command_line.hpp"

#include "app/program/bad_argument.hpp"
#include "app/program/values.hpp"

#include <CLI/CLI.hpp>
#include <callsign/version.hpp>

#include <algorithm>
#include <cstdio>
#include <istream>
#include <memory>
#include <string>
#include <utility>

namespace program {

namespace {

/// Reads TOML or INI with the names of the flags. A name that is no flag is an error: a misspelt
/// limit would otherwise be a limit that is not there.
class strict_config final : public CLI::ConfigTOML {
public:
  explicit strict_config(const CLI::App& flags) : flags_{flags} {}

  std::vector<CLI::ConfigItem> from_config(std::istream& input) const override {
    auto read = CLI::ConfigTOML::from_config(input);
    for (const auto& item : read) {
      if (!item.parents.empty())
        throw bad_argument{"--config: the section [" + item.parents.front() +
                           "] means nothing here; write the names without sections"};
      if (flags_.get_option_no_throw("--" + item.name) == nullptr)
        throw bad_argument{"--config: there is no setting \"" + item.name +
                           "\"; the names are those of the flags, without the dashes"};
    }
    return read;
  }

private:
  const CLI::App& flags_;
};

/// The flags of one program, each tied to the place in `settings` that it sets.
class flags {
public:
  flags(const about& what, settings& into) : app_{what.purpose, what.name}, into_{into} {
    app_.set_help_flag("-h,--help", "print this and end");
    app_.set_version_flag("--version", what.name + " " + std::string{callsign::version},
                          "print the version and end");
    add_places(what.root_help);
    add_doors();
    add_log();
    add_limits();
    add_recording();
    for (const auto& extra : what.extras)
      app_.add_flag(extra.name, *extra.is_given, extra.help);
    app_.set_config("--config", "",
                    "read settings from this file, TOML or INI, named as the flags\n"
                    "without dashes (port = 8080); the command line comes first");
    app_.get_config_ptr()->type_name("FILE");
    app_.config_formatter(std::make_shared<strict_config>(app_));
    app_.get_formatter()->column_width(32);
  }

  CLI::App& app() { return app_; }

private:
  /// A flag with one value. What `read` refuses is reported with the flag's name before it.
  template <class Value, class Read>
  void one(const char* name, const char* kind, Value& into, Read read, const std::string& help) {
    app_.add_option_function<std::string>(
            name,
            [name, &into, read](const std::string& word) { into = reading(name, word, read); },
            help)
        ->type_name(kind);
  }

  /// A flag that may be given several times; the first use forgets the default.
  template <class Value, class Read>
  void many(const char* name, const char* kind, std::vector<Value>& into, Read read,
            const std::string& help) {
    app_.add_option_function<std::vector<std::string>>(
            name,
            [name, &into, read](const std::vector<std::string>& words) {
              into.clear();
              for (const auto& word : words)
                into.push_back(reading(name, word, read));
            },
            help + "; may be repeated")
        ->allow_extra_args(false)
        ->type_name(kind);
  }

  template <class Read>
  static auto reading(const char* name, const std::string& word, Read read) {
    try {
      return read(word);
    } catch (const bad_argument& error) {
      throw bad_argument{std::string{name} + ": " + error.what()};
    }
  }

  static auto count_from(std::size_t least, std::size_t most) {
    return [least, most](const std::string& word) { return read_count(word, least, most); };
  }

  void add_places(const std::string& root_help) {
    one("--port", "N", into_.port, read_port, "port to listen on; 0 takes a free one (8080)");
    many("--address", "IP", into_.addresses, read_address, "address to listen on (127.0.0.1)");
    one("--path", "/PATH", into_.path, read_path,
        "path of the WebSocket (" + (into_.path.empty() ? std::string{"every path"} : into_.path) +
            ")");
    one("--root", "DIR", into_.root, read_folder, root_help);
    one("--placement", "WHERE", into_.placement, read_placement,
        "where clients are spoken for: worker (one at a time) or\n"
        "connection (in parallel) (worker)");
    one("--io-threads", "N", into_.io_threads, count_from(0, 256),
        "threads for the network; 0: half the cores (0)");
    one("--io", "HOW", into_.backend, read_backend,
        "how the network reads and writes: auto, epoll or io_uring\n"
        "(auto)");
  }

  void add_doors() {
    many("--allow", "IP[/BITS]", into_.guests.allowed, read_range,
         "let in only clients from these addresses");
    many("--deny", "IP[/BITS]", into_.guests.denied, read_range,
         "refuse clients from these addresses, even if they are\nallowed");
    many("--origin", "ORIGIN", into_.origins, read_origin,
         "let in pages of this origin besides our own, such as\n"
         "https://example.org; * lets in all");
  }

  void add_log() {
    one("--log", "FILE", into_.log_file, read_file_name,
        "write the log to the end of this file (standard error)");
    one("--log-level", "LEVEL", into_.log_level, read_level,
        "debug, info, warning or error (info)");
  }

  void add_limits() {
    one("--max-message", "SIZE", into_.max_message, read_size,
        "largest message taken from a client, in bytes or as 64K or 4M (64K)");
    one("--max-fragments", "N", into_.max_fragments, count_from(1, 100'000'000),
        "most fragments of one message (1024)");
    one("--max-queued", "SIZE", into_.max_queued, read_size,
        "most bytes that wait for a client that reads too slowly, which\n"
        "is then sent away (1M, or the largest message)");
    one("--max-connections", "N", into_.max_connections, count_from(1, 1'000'000),
        "most clients at a time (10000)");
    one("--max-per-address", "N", into_.max_per_address, count_from(1, 1'000'000),
        "most clients at a time from one address (1000)");
    one("--ping", "SECONDS", into_.ping, read_seconds,
        "ask a client for a sign of life when it has been silent for\n"
        "so long; it has 20 seconds to answer; 0 never asks (20)");
  }

  void add_recording() {
    one("--record", "FILE", into_.record.file, read_file_name,
        "write all that clients say and hear into this new file, for\n"
        "callsign-script replay; it holds what people write. With\n"
        "--placement connection, say --io-threads 1, too: the order of\n"
        "callbacks on several threads is not recorded");
    many("--record-hide", "FIELD", into_.record.hidden_fields, as_it_is,
         "hide the values of this field, of JSON messages and of URLs,\nin the recording");
    many("--record-hide-header", "NAME", into_.more_hidden_headers, as_it_is,
         "hide this header in the recording, too, as Cookie, Authorization\nand "
         "Proxy-Authorization always are");
    app_.add_flag("--record-hide-messages", into_.record.hides_messages,
                  "hide all messages in the recording; their lengths stay");
    one("--record-limit", "SIZE", into_.record.max_bytes, read_size,
        "end the recording at this size (64M)");
  }

  static std::string as_it_is(const std::string& word) { return word; }

  CLI::App app_;
  settings& into_;
};

/// Listening twice on one address would fail.
std::vector<std::string> without_repetitions(const std::vector<std::string>& all) {
  std::vector<std::string> each;
  for (const auto& one : all) {
    if (std::ranges::find(each, one) == each.end())
      each.push_back(one);
  }
  return each;
}

/// The words that a replay needs: not where the recording goes, nor what it hides.
std::vector<std::string> without_recording(const std::vector<std::string>& words) {
  std::vector<std::string> rest;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (!words[i].starts_with("--record"))
      rest.push_back(words[i]);
    else if (words[i] != "--record-hide-messages" && words[i].find('=') == std::string::npos)
      ++i; // its value
  }
  return rest;
}

/// "--port: 1 required N missing" and "--port: At Most 1 required but received 2" are not for
/// everybody.
std::string in_our_words(const CLI::ArgumentMismatch& error) {
  const std::string text = error.what();
  const bool is_missing = text.ends_with("missing");
  return text.substr(0, text.find(':')) + (is_missing ? ": its value is missing; give one behind it"
                                                      : ": given more than once; give it once");
}

} // namespace

std::optional<settings> read_command_line(const about& what, int count, const char* const* words) {
  settings read = what.defaults;
  flags known{what, read};
  try {
    known.app().parse(count, words);
  } catch (const CLI::CallForHelp&) {
    std::fputs(known.app().help().c_str(), stdout);
    return std::nullopt;
  } catch (const CLI::CallForVersion& asked) {
    std::printf("%s\n", asked.what());
    return std::nullopt;
  } catch (const CLI::FileError& error) {
    throw bad_argument{"--config: " + std::string{error.what()} +
                       "; give a file that exists and can be read"};
  } catch (const CLI::ConfigError& error) {
    throw bad_argument{"--config: " + std::string{error.what()}};
  } catch (const CLI::ArgumentMismatch& error) {
    throw bad_argument{in_our_words(error)};
  } catch (const CLI::ExtrasError&) {
    throw bad_argument{'"' + known.app().remaining().front() + "\" is no flag of this program"};
  } catch (const CLI::ParseError& error) {
    throw bad_argument{error.what()};
  }
  read.addresses = without_repetitions(read.addresses);
  constexpr std::string_view ours = "callsign-";
  read.record.program = what.name.starts_with(ours) ? what.name.substr(ours.size()) : what.name;
  read.record.version = callsign::version;
  read.record.arguments = without_recording({words + std::min(count, 1), words + count});
  return read;
}

} // namespace program
