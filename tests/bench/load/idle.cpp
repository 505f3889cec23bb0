#include "load/idle.hpp"

#include "load/crowd.hpp"
#include "load/marked_text.hpp"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <poll.h>
#include <stdexcept>
#include <string>
#include <unistd.h>
#include <vector>

namespace bench {
namespace {

constexpr nanoseconds open_limit = 120'000'000'000;
constexpr nanoseconds echo_limit = 60'000'000'000;
constexpr nanoseconds close_limit = 10'000'000'000;
constexpr std::uint32_t burst = 200;

class holder final : public crowd_handler {
public:
  explicit holder(const load_options& options)
      : text_{options.payload}, clients_{{.to = options.to, .sources = options.sources}, *this} {}

  void hold(std::size_t count) {
    clients_.grow(count, open_limit);
    say_ready();
  }

  /// Each client says so many messages at once, and hears them all again.
  void echo(std::uint32_t messages) {
    const std::uint32_t last = round_ + messages;
    while (round_ != last) {
      ++round_;
      for (std::size_t client = 0; client < clients_.size(); ++client)
        clients_.say(client, text_.write({static_cast<std::uint32_t>(client), round_}));
    }
    clients_.flush();
    heard_.assign(clients_.size(), last - messages);
    missing_ = clients_.size() * messages;
    turn_until([this] { return missing_ == 0; }, echo_limit, "the echoes are missing");
    say_ready();
  }

  void close() {
    is_closing_ = true;
    for (std::size_t client = 0; client < clients_.size(); ++client)
      clients_.close(client);
    turn_until([this] { return ended_ == clients_.size(); }, close_limit,
               "the server did not end the connections");
  }

  void turn() { clients_.turn(from_seconds(0.02)); }

  void on_message(std::size_t client, std::string_view text, nanoseconds /*at*/) override {
    const auto found = text_.read(text);
    if (!found || found->sender != client || found->number != ++heard_[client])
      throw std::runtime_error{"client " + std::to_string(client) + " heard a wrong message"};
    --missing_;
  }

  void on_end(std::size_t client, const ending& how) override {
    ++ended_;
    if (!is_closing_)
      throw std::runtime_error{"client " + std::to_string(client) + " was ended with code " +
                               std::to_string(how.code)};
  }

private:
  void say_ready() const {
    std::printf("ready %zu\n", clients_.size());
    std::fflush(stdout);
  }

  template <class Predicate>
  void turn_until(Predicate is_over, nanoseconds limit, const char* otherwise) {
    const nanoseconds deadline = now() + limit;
    while (!is_over()) {
      turn();
      if (now() > deadline)
        throw std::runtime_error{otherwise};
    }
  }

  marked_text text_;
  crowd clients_;
  std::uint32_t round_ = 0;
  std::vector<std::uint32_t> heard_; ///< by each client: the number of its last message
  std::size_t missing_ = 0;
  std::size_t ended_ = 0;
  bool is_closing_ = false;
};

/// Reads whole lines from stdin without waiting for them.
class line_reader {
public:
  /// Takes what is there; says whether `line` is now a whole line, perhaps the empty last one.
  bool poll(std::string& line) {
    pollfd wanted{.fd = STDIN_FILENO, .events = POLLIN, .revents = 0};
    if (::poll(&wanted, 1, 0) > 0) {
      char bytes[256];
      const ssize_t got = ::read(STDIN_FILENO, bytes, sizeof(bytes));
      if (got <= 0)
        has_ended_ = true;
      else
        text_.append(bytes, static_cast<std::size_t>(got));
    }
    const std::size_t end = text_.find('\n');
    if (end == std::string::npos && !has_ended_)
      return false;
    line = text_.substr(0, end);
    text_.erase(0, end == std::string::npos ? end : end + 1);
    return true;
  }

private:
  std::string text_;
  bool has_ended_ = false;
};

} // namespace

void run_idle(const load_options& options) {
  holder clients{options};
  clients.hold(options.connections);
  line_reader input;
  std::string line;
  for (;;) {
    clients.turn();
    if (!input.poll(line))
      continue;
    std::size_t count = 0;
    const auto read = std::from_chars(line.data(), line.data() + line.size(), count);
    if (!line.empty() && read.ec == std::errc{} && read.ptr == line.data() + line.size())
      clients.hold(count);
    else if (line == "echo")
      clients.echo(1);
    else if (line == "burst")
      clients.echo(burst);
    else
      break;
  }
  clients.close();
}

} // namespace bench
