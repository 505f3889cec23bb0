#include "net/src/beast/listener.hpp"

#include "net/src/beast/farewell.hpp"
#include "net/src/beast/http_line.hpp"

#include <fcntl.h>
#include <sys/socket.h>

#include <cerrno>
#include <chrono>
#include <utility>

namespace callsign::beast {

namespace {

constexpr int backlog = 4096;
constexpr int tries_for_free_port = 16;
constexpr std::chrono::milliseconds pause_without_descriptors{200};
/// Sockets taken for one wake-up, before the lines of this thread have their turn.
constexpr int most_at_once = 16;
/// So many may be told at the same time that there is no room; the others find a closed line.
constexpr std::size_t most_turned_away = 64;
constexpr std::chrono::seconds between_lines_of_log{1};

struct wanted {
  asio::ip::address address;
  bool may_be_missing = false; ///< IPv6 by default, on a machine that has none
};

[[nodiscard]] descriptor listen_on(const tcp::endpoint& where, std::error_code& failed) {
  const int family = where.address().is_v6() ? AF_INET6 : AF_INET;
  descriptor socket{::socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_TCP)};
  const int on = 1;
  // SO_REUSEADDR takes the port over from lines that linger. SO_REUSEPORT would let a second
  // program listen beside us.
  const bool is_done =
      socket && ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
      (family == AF_INET ||
       ::setsockopt(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) == 0) &&
      ::bind(socket.get(), where.data(), static_cast<socklen_t>(where.size())) == 0 &&
      ::listen(socket.get(), backlog) == 0;
  if (is_done)
    return socket;
  failed = {errno, std::system_category()};
  return {};
}

[[nodiscard]] rules::address_bytes neighbourhood_of(const asio::ip::address& address) {
  const auto v6 = address.is_v6() ? address.to_v6()
                                  : asio::ip::make_address_v6(asio::ip::v4_mapped, address.to_v4());
  return rules::neighbourhood(v6.to_bytes());
}

[[nodiscard]] std::uint16_t port_of(const descriptor& socket) {
  tcp::endpoint where;
  auto size = static_cast<socklen_t>(where.capacity());
  if (::getsockname(socket.get(), where.data(), &size) != 0)
    return 0;
  where.resize(size);
  return where.port();
}

[[nodiscard]] std::string remedy_for(const std::error_code& why) {
  if (why == std::errc::address_in_use) {
    return "end the program that has the port, or choose another port";
  }
  if (why == std::errc::permission_denied) {
    return "choose a port above 1023, or give the program the right to use low ports";
  }
  if (why == std::errc::address_not_available)
    return "choose an address that this machine has";
  if (why == std::errc::address_family_not_supported) {
    return "this machine speaks no IPv6; choose an IPv4 address";
  }
  if (why == std::errc::too_many_files_open || why == std::errc::too_many_files_open_in_system) {
    return "raise the limit of open files (ulimit -n)";
  }
  return "choose another address or port";
}

[[nodiscard]] error failure_of(const tcp::endpoint& where, const std::error_code& why) {
  return {why, "listen on " + where.address().to_string() + " port " + std::to_string(where.port()),
          remedy_for(why)};
}

[[nodiscard]] std::vector<wanted> addresses_of(const web_server_options& how,
                                               std::vector<error>& errors) {
  std::vector<wanted> all;
  if (how.addresses.empty())
    return {{asio::ip::address_v4::any()}, {asio::ip::address_v6::any(), true}};
  for (const std::string& text : how.addresses) {
    io_error bad;
    auto address = asio::ip::make_address(text, bad);
    if (bad) {
      errors.push_back({make_error_code(errc::bad_option), "listen on \"" + text + "\"",
                        "write an IPv4 or IPv6 address, such as 127.0.0.1 or ::1"});
    } else {
      all.push_back({std::move(address)});
    }
  }
  return all;
}

/// One try for all addresses.
[[nodiscard]] std::vector<bound> try_all(const std::vector<wanted>& all, std::uint16_t port,
                                         const door::ledger& books, std::vector<error>& errors) {
  std::vector<bound> got;
  for (const wanted& one : all) {
    const tcp::endpoint where{one.address, port};
    std::error_code why;
    descriptor socket = listen_on(where, why);
    if (socket) {
      if (port == 0)
        port = port_of(socket);
      got.push_back({std::move(socket), {one.address, port}});
    } else if (one.may_be_missing && (why == std::errc::address_family_not_supported ||
                                      why == std::errc::address_not_available)) {
      books.log(log_level::info, "this machine has no IPv6: listening on IPv4 only");
    } else {
      errors.push_back(failure_of(where, why));
    }
  }
  return got;
}

} // namespace

std::vector<bound> bind_all(const web_server_options& how, const door::ledger& books,
                            std::vector<error>& errors) {
  const auto all = addresses_of(how, errors);
  if (!errors.empty())
    return {};
  std::vector<error> failed;
  for (int i = 0; i < tries_for_free_port; ++i) {
    failed.clear();
    auto got = try_all(all, how.port, books, failed);
    if (failed.empty())
      return got;
    // The port that was free on the first address may be taken on another.
    if (how.port != 0)
      break;
  }
  errors.insert(errors.end(), failed.begin(), failed.end());
  return {};
}

listener::listener(std::shared_ptr<site> home, bound on)
    : home_{std::move(home)}, here_{*home_->threads().front()}, protocol_{on.where.address().is_v6()
                                                                              ? tcp::v6()
                                                                              : tcp::v4()},
      acceptor_{here_.context()}, native_{on.socket.get()}, reserve_{::open("/dev/null",
                                                                            O_RDONLY | O_CLOEXEC)} {
  acceptor_.assign(protocol_, on.socket.get());
  static_cast<void>(on.socket.release());
}

void listener::start() {
  here_.post([self = shared_from_this()] { self->accept(); });
}

void listener::stop() {
  {
    const std::lock_guard hold{lock_};
    if (std::exchange(is_stopped_, true))
      return;
    // Ends listening at once; the descriptor itself belongs to the I/O thread.
    ::shutdown(native_, SHUT_RDWR);
  }
  here_.post([self = shared_from_this()] {
    io_error ignored;
    self->acceptor_.close(ignored);
  });
}

/// Waits for somebody to come. Asio's own accept would leave the sockets to children of this
/// process, which then keep lines open that we have closed.
void listener::accept() {
  {
    const std::lock_guard hold{lock_};
    if (is_stopped_)
      return;
  }
  try {
    acceptor_.async_wait(tcp::acceptor::wait_read, [self = shared_from_this()](const io_error& e) {
      if (e == asio::error::operation_aborted)
        return;
      try {
        self->accept_some();
      } catch (const std::exception& failed) {
        self->stumbled(failed);
      }
    });
  } catch (const std::exception& failed) {
    stumbled(failed);
  }
}

/// Tries again later: nobody else would.
void listener::stumbled(const std::exception& over) {
  home_->books().log(log_level::error, std::string{"accepting failed: "} + over.what());
  pause({});
}

void listener::accept_some() {
  for (int i = 0; i < most_at_once; ++i) {
    tcp::endpoint from;
    auto size = static_cast<socklen_t>(from.capacity());
    descriptor taken{::accept4(native_, from.data(), &size, SOCK_CLOEXEC | SOCK_NONBLOCK)};
    if (!taken) {
      const std::error_code why{errno, std::system_category()};
      // Gone before we came.
      if (why == std::errc::connection_aborted || why == std::errc::interrupted)
        continue;
      if (why == std::errc::resource_unavailable_try_again)
        break;
      {
        const std::lock_guard hold{lock_};
        if (is_stopped_)
          return;
      }
      return pause(why);
    }
    socket_thread& where = *home_->threads()[next_++ % home_->threads().size()];
    tcp::socket socket{where.context()};
    io_error failed;
    socket.assign(protocol_, taken.get(), failed);
    if (failed)
      return pause(plain(failed));
    static_cast<void>(taken.release());
    keep_reserve();
    accepted(std::move(socket), from, where);
  }
  accept();
}

void listener::accepted(tcp::socket socket, const tcp::endpoint& from, socket_thread& where) {
  io_error ignored;
  socket.set_option(tcp::no_delay{true}, ignored);
  if (const auto all = home_->line_count(); all >= home_->options().max_lines) {
    return turn_away(std::move(socket), counter::lines_refused_full,
                     "there are " + std::to_string(all) + " already", where);
  }
  const auto near = neighbourhood_of(from.address());
  if (const auto all = home_->lines_from(near); all >= home_->max_lines_per_address()) {
    return turn_away(std::move(socket), counter::lines_refused_address_full,
                     "there are " + std::to_string(all) + " from " + from.address().to_string() +
                         " already",
                     where);
  }
  home_->books().count(counter::lines_accepted);
  // The seat is taken here, so that the count is right for the next accept.
  asio::post(where.context(),
             [&where, socket = std::move(socket), from, place = site::seat{home_, near}]() mutable {
               http_line::begin(where, std::move(socket), from, std::move(place));
             });
}

/// Being told takes a second or two, and a descriptor: not for everybody when many come.
void listener::turn_away(tcp::socket socket, counter why, std::string how_many,
                         socket_thread& where) {
  home_->books().count(why);
  ++untold_;
  last_why_ = std::move(how_many);
  if (!is_telling_)
    tell_of_turned_away();
  if (home_->turned_away_count() >= most_turned_away)
    return;
  answer full = home_->status_answer(503, "the server is full; please try again later");
  std::string words =
      render_head(full, home_->options().server_name, afterwards::close, false) + full.text;
  asio::post(where.context(), [&where, socket = std::move(socket), words = std::move(words),
                               place = site::seat::turned_away(home_)]() mutable {
    farewell::begin(where, std::move(socket), std::move(place), std::move(words));
  });
}

/// The first at once; those of the next second together.
void listener::tell_of_turned_away() {
  is_telling_ = untold_ > 0;
  if (!is_telling_)
    return;
  const std::string what =
      untold_ == 1 ? "a line was refused" : std::to_string(untold_) + " lines were refused";
  untold_ = 0;
  home_->books().log(log_level::warning, what + ": " + last_why_);
  here_.after(between_lines_of_log, [self = shared_from_this()] { self->tell_of_turned_away(); });
}

/// If it was lost to somebody else who opened a file meanwhile, it is opened again.
void listener::keep_reserve() {
  if (!reserve_)
    reserve_ = descriptor{::open("/dev/null", O_RDONLY | O_CLOEXEC)};
}

/// Accepting pauses. Without descriptors one client is taken off the queue with the reserve and
/// sees a clean end.
void listener::pause(const std::error_code& why) {
  const bool is_lack = why == std::errc::too_many_files_open ||
                       why == std::errc::too_many_files_open_in_system ||
                       why == std::errc::no_buffer_space || why == std::errc::not_enough_memory;
  if (is_lack) {
    if (reserve_) {
      reserve_.close();
      descriptor one{::accept4(native_, nullptr, nullptr, SOCK_CLOEXEC)};
      const bool is_nobody_there = !one && (errno == EAGAIN || errno == EWOULDBLOCK);
      if (one)
        home_->books().count(counter::lines_lost_to_descriptors);
      one.close();
      keep_reserve();
      if (is_nobody_there)
        return accept();
    }
    home_->books().log(log_level::error, "no more lines can be accepted for now: " + why.message() +
                                             "; raise the limit of open files (ulimit -n)");
  } else if (why) {
    home_->books().log(log_level::warning, "accepting failed: " + why.message());
  }
  here_.after(pause_without_descriptors, [self = shared_from_this()] { self->accept(); });
}

} // namespace callsign::beast
