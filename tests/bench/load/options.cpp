#include "load/options.hpp"

#include "arguments.hpp"

#include <array>
#include <stdexcept>
#include <utility>

namespace bench {
namespace {

constexpr std::array<std::pair<std::string_view, load_mode>, 5> modes{{
    {"broadcast", load_mode::broadcast},
    {"rate", load_mode::rate},
    {"echo", load_mode::echo},
    {"idle", load_mode::idle},
    {"churn", load_mode::churn},
}};

void take_option(arguments& words, load_options& options) {
  const std::string_view name = words.name();
  if (name == "--url")
    options.url = words.text();
  else if (name == "--name")
    options.name = words.text();
  else if (name == "--connections")
    options.connections = words.number<std::size_t>();
  else if (name == "--publishers")
    options.publishers = words.number<std::size_t>();
  else if (name == "--window")
    options.window = words.number<std::size_t>();
  else if (name == "--payload")
    options.payload = words.number<std::size_t>();
  else if (name == "--all-but-sender")
    options.heard_by = audience::everybody_else;
  else if (name == "--rate")
    options.rate = words.number<double>();
  else if (name == "--warmup")
    options.warmup = words.number<double>();
  else if (name == "--seconds")
    options.duration = words.number<double>();
  else if (name == "--messages")
    options.messages = words.number<std::uint64_t>();
  else if (name == "--patience")
    options.patience = words.number<double>();
  else if (name == "--stalled")
    options.stalled = words.number<std::size_t>();
  else if (name == "--sources")
    options.sources = words.number<std::uint32_t>();
  else if (name == "--pid")
    options.server_process = words.number<int>();
  else if (name == "--notices")
    options.are_notices_allowed = true;
  else if (name == "--promises")
    options.are_promises_watched = true;
  else if (name == "--greeting")
    options.greeting = words.text();
  else if (name == "--echo")
    options.is_churn_echoing = true;
  else
    words.refuse("is not an option");
}

void check(const load_options& options) {
  const auto require = [](bool is_met, const char* otherwise) {
    if (!is_met)
      throw std::invalid_argument{otherwise};
  };
  require(!options.url.empty(), "--url is needed");
  require(options.connections >= 1 && options.connections <= 0xFFFF, "--connections: 1 to 65535");
  require(options.publishers >= 1 && options.publishers <= options.connections,
          "--publishers: 1 to the number of connections");
  require(options.window >= 1 && options.window <= 4096, "--window: 1 to 4096");
  require(options.payload >= 16 && options.payload <= std::size_t{16} * 1024 * 1024,
          "--payload: 16 bytes to 16 MiB");
  require(options.rate > 0 && options.rate <= 1e6, "--rate: above 0, at most a million");
  require(options.warmup >= 0 && options.warmup <= 60, "--warmup: 0 to 60 seconds");
  require(options.duration > 0 && options.duration <= 600, "--seconds: above 0, at most 600");
  require(options.patience > 0 && options.patience <= 600, "--patience: above 0, at most 600");
  require(options.sources <= 200, "--sources: at most 200");
  if (options.are_promises_watched) {
    require(options.mode == load_mode::broadcast || options.mode == load_mode::rate,
            "--promises: in broadcast and rate");
    // Everything is kept, and what each heard is compared with what each other heard.
    require(options.messages != 0 && options.connections * options.connections * options.messages <=
                                         std::uint64_t{200'000'000},
            "--promises needs --messages; clients x clients x messages: at most 200 million");
  }
  require(options.greeting.empty() || options.are_promises_watched, "--greeting is for --promises");
  require(options.heard_by == audience::everybody || options.connections >= 2,
          "--all-but-sender needs two connections");
}

} // namespace

const char* const load_usage =
    "callsign-load: many WebSocket clients that check every delivery\n"
    "  callsign-load broadcast|rate|echo|idle|churn --url ws://127.0.0.1:PORT/PATH [options]\n"
    "  broadcast              publishers speak, all clients must hear; next when the last arrived\n"
    "  rate                   the same, but so many messages a second, whatever the answer\n"
    "  echo                   every client speaks and must hear itself\n"
    "  idle                   opens the clients, prints 'ready N', then obeys lines on stdin:\n"
    "                         a number grows to it, 'echo' has each client echoed once,\n"
    "                         anything else or the end closes them\n"
    "  churn                  clients connect, close and connect again\n"
    "options\n"
    "  --name TEXT            label in the report\n"
    "  --connections N        clients (100)\n"
    "  --publishers N         clients that speak, in broadcast and rate (1)\n"
    "  --window N             messages each speaker has under way (1)\n"
    "  --payload N            bytes in a message (64)\n"
    "  --all-but-sender       the server does not send a message back to its sender\n"
    "  --rate N               messages a second, in rate (250)\n"
    "  --warmup S             seconds before the measurement (0.3)\n"
    "  --seconds S            seconds of the measurement (1)\n"
    "  --messages N           stop after so many messages instead; no warm-up\n"
    "  --patience S           seconds of silence after which messages count as lost (5)\n"
    "  --stalled N            clients on top that never read (0)\n"
    "  --sources N            connect from so many loopback addresses (kernel's choice)\n"
    "  --pid N                the server's process, to read its processor time\n"
    "  --notices              let texts pass that are not of this run, and count them\n"
    "  --promises             keep what all say and hear, and check it as a whole: nothing lost,\n"
    "                         nothing twice, one order for all, each line ends once; needs\n"
    "                         --messages\n"
    "  --greeting TEXT        with --promises: what each must hear first, and once\n"
    "  --echo                 in churn, have one message echoed on each connection\n"
    "Prints a report as JSON. Ends with 0 if every delivery was right, 1 if not, 2 on bad\n"
    "arguments.\n";

load_options read_load_options(int count, const char* const* words) {
  arguments left{count, words};
  load_options options;
  if (left.is_empty())
    throw std::invalid_argument{"a mode is needed"};
  const std::string_view wanted = left.name();
  bool is_known = false;
  for (const auto& [word, mode] : modes) {
    if (word == wanted) {
      options.mode = mode;
      is_known = true;
    }
  }
  if (!is_known)
    left.refuse("is not a mode");
  while (!left.is_empty())
    take_option(left, options);
  check(options);
  options.to = wire::parse_url(options.url);
  options.are_notices_allowed = options.are_notices_allowed || !options.greeting.empty();
  return options;
}

const char* to_word(load_mode mode) {
  for (const auto& [word, value] : modes)
    if (value == mode)
      return word.data();
  return "unknown";
}

} // namespace bench
