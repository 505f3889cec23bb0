#include "load/crowd.hpp"

#include "wire/handshake.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <ctime>
#include <stdexcept>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <utility>

namespace bench {
namespace {

constexpr std::size_t buffer_size = std::size_t{256} * 1024;
/// How many clients knock at once; more would only wait in the server's backlog.
constexpr std::size_t max_connecting = 128;
constexpr std::uint32_t loopback = 0x7F000001;

[[noreturn]] void fail(std::size_t client, const std::string& why) {
  throw std::runtime_error{"client " + std::to_string(client) + ": " + why};
}

} // namespace

struct crowd::client {
  std::size_t number = 0;
  wire::descriptor socket;
  standing stands = standing::absent;
  bool is_dirty = false;
  bool is_stalled = false;
  bool is_fragmented = false;
  bool has_asked_to_close = false;
  std::uint32_t watched = 0;
  unsigned code = 1006;
  nanoseconds since = 0;
  std::string key;
  /// An incomplete frame or answer.
  std::string rest;
  /// The fragments of an incomplete message.
  std::string fragments;
  /// What has been said and not been sent.
  std::string unsent;
};

crowd::crowd(crowd_options options, crowd_handler& handler)
    : options_{std::move(options)}, handler_{handler}, epoll_{::epoll_create1(EPOLL_CLOEXEC)},
      buffer_(buffer_size) {
  if (!epoll_.is_open())
    wire::throw_errno("epoll_create1");
  random_ ^= now();
}

crowd::~crowd() = default;

std::size_t crowd::add() {
  clients_.push_back(std::make_unique<client>());
  clients_.back()->number = clients_.size() - 1;
  start(*clients_.back());
  return clients_.size() - 1;
}

void crowd::revive(std::size_t number) {
  client& one = *clients_[number];
  if (one.stands != standing::absent)
    fail(number, "revived while its connection lives");
  start(one);
}

void crowd::start(client& one) {
  const auto number = static_cast<std::uint32_t>(one.number);
  const std::uint32_t source = options_.sources == 0 ? 0 : loopback + number % options_.sources;
  one.socket = wire::start_connect(options_.to.at, source);
  one.stands = standing::connecting;
  one.has_asked_to_close = false;
  one.is_fragmented = false;
  one.code = 1006;
  one.since = now();
  one.rest.clear();
  one.fragments.clear();
  one.unsent.clear();
  ++connecting_;
  epoll_event event{};
  event.events = one.watched = EPOLLOUT;
  event.data.ptr = &one;
  if (::epoll_ctl(epoll_.number(), EPOLL_CTL_ADD, one.socket.number(), &event) != 0)
    wire::throw_errno("epoll_ctl");
}

void crowd::grow(std::size_t count, nanoseconds limit) {
  const nanoseconds deadline = now() + limit;
  while (open_ < count) {
    while (clients_.size() < count && connecting_ < max_connecting)
      add();
    turn(from_seconds(0.1));
    if (now() > deadline)
      throw std::runtime_error{"only " + std::to_string(open_) + " of " + std::to_string(count) +
                               " clients could connect in time"};
  }
}

standing crowd::stands(std::size_t number) const noexcept { return clients_[number]->stands; }

void crowd::turn(nanoseconds limit) {
  std::array<epoll_event, 512> events;
  timespec wait{};
  wait.tv_sec = static_cast<std::time_t>(limit / 1'000'000'000U);
  wait.tv_nsec = static_cast<long>(limit % 1'000'000'000U);
  const int count = ::epoll_pwait2(epoll_.number(), events.data(), static_cast<int>(events.size()),
                                   &wait, nullptr);
  if (count < 0 && errno != EINTR)
    wire::throw_errno("epoll_pwait2");
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = events[static_cast<std::size_t>(i)];
    auto& one = *static_cast<client*>(event.data.ptr);
    if (one.stands == standing::connecting)
      connected(one);
    else if ((event.events & EPOLLOUT) != 0 && one.stands != standing::absent)
      send_from(one);
    if ((event.events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0 && one.stands != standing::absent)
      read_from(one);
  }
  flush();
}

void crowd::flush() {
  for (client* one : dirty_) {
    one->is_dirty = false;
    if (one->stands != standing::absent)
      send_from(*one);
  }
  dirty_.clear();
}

void crowd::connected(client& one) {
  int error = 0;
  socklen_t size = sizeof(error);
  if (::getsockopt(one.socket.number(), SOL_SOCKET, SO_ERROR, &error, &size) != 0)
    wire::throw_errno("getsockopt");
  if (error != 0)
    throw std::system_error{error, std::generic_category(), "connect to " + options_.to.host};
  std::array<std::uint32_t, 4> nonce{next_random(), next_random(), next_random(), next_random()};
  const auto bytes = std::bit_cast<std::array<char, 16>>(nonce);
  one.key = wire::base64({bytes.data(), bytes.size()});
  one.stands = standing::upgrading;
  one.unsent = wire::upgrade_request(options_.to.host, options_.to.path, one.key);
  watch(one, EPOLLIN);
  send_from(one);
}

void crowd::read_from(client& one) {
  if (one.is_stalled) {
    // Only an error or hang-up wakes a stalled reader.
    end(one, {.code = one.code, .was_asked = true});
    return;
  }
  const std::size_t kept = one.rest.size();
  if (buffer_.size() < kept + buffer_size)
    buffer_.resize(kept + buffer_size);
  std::copy(one.rest.begin(), one.rest.end(), buffer_.begin());
  const ssize_t got = ::recv(one.socket.number(), buffer_.data() + kept, buffer_.size() - kept, 0);
  if (got <= 0) {
    if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
      if (one.stands == standing::upgrading)
        fail(one.number, "the server hung up during the upgrade");
      end(one, {.code = one.code, .was_asked = one.has_asked_to_close});
    }
    return;
  }
  one.rest.clear();
  const nanoseconds at = now();
  const std::size_t size = kept + static_cast<std::size_t>(got);
  std::size_t used = 0;
  if (one.stands == standing::upgrading) {
    used = take_answer(one, {buffer_.data(), size});
  } else {
    ++counters_.reads;
  }
  if (one.stands == standing::open || one.stands == standing::closing)
    used += take_frames(one, buffer_.data() + used, size - used, at);
  if (used < size && one.stands != standing::absent)
    one.rest.assign(buffer_.data() + used, size - used);
}

std::size_t crowd::take_answer(client& one, std::string_view bytes) {
  constexpr std::string_view blank_line = "\r\n\r\n";
  const std::size_t stop = bytes.find(blank_line);
  if (stop == std::string_view::npos)
    return 0;
  const std::string_view head = bytes.substr(0, stop + 2);
  if (!head.starts_with("HTTP/1.1 101"))
    fail(one.number, "refused: " + std::string{head.substr(0, head.find('\r'))});
  if (wire::header_field(head, "Sec-WebSocket-Accept") != wire::accept_key(one.key))
    fail(one.number, "the server's Sec-WebSocket-Accept does not answer the key");
  one.stands = standing::open;
  ++open_;
  --connecting_;
  handler_.on_open(one.number, now() - one.since);
  return stop + blank_line.size();
}

std::size_t crowd::take_frames(client& one, char* bytes, std::size_t size, nanoseconds at) {
  std::size_t used = 0;
  while (one.stands != standing::absent) {
    wire::frame_head head;
    const auto status = wire::read_head({bytes + used, size - used}, head);
    if (status == wire::head_status::incomplete)
      break;
    if (status == wire::head_status::invalid)
      fail(one.number, "the server sent something that is not a frame");
    if (head.is_masked)
      fail(one.number, "the server masked a frame");
    if (head.payload_size > size - used - head.head_size)
      break;
    const std::string_view payload{bytes + used + head.head_size,
                                   static_cast<std::size_t>(head.payload_size)};
    used += head.head_size + payload.size();
    if (wire::is_control(head.kind))
      take_control(one, head.kind, payload);
    else
      take_data(one, head, payload, at);
  }
  return used;
}

void crowd::take_data(client& one, const wire::frame_head& head, std::string_view payload,
                      nanoseconds at) {
  ++counters_.frames;
  const bool continues = head.kind == wire::opcode::continuation;
  if (!continues && head.is_final && !one.is_fragmented) {
    handler_.on_message(one.number, payload, at);
    return;
  }
  if (continues != one.is_fragmented)
    fail(one.number, "the server's fragments are out of place");
  one.is_fragmented = !head.is_final;
  one.fragments.append(payload);
  if (one.is_fragmented)
    return;
  handler_.on_message(one.number, one.fragments, at);
  one.fragments.clear();
}

void crowd::take_control(client& one, wire::opcode kind, std::string_view payload) {
  if (kind == wire::opcode::ping) {
    ++counters_.pings;
    if (one.stands == standing::open)
      queue(one, wire::opcode::pong, payload);
  } else if (kind == wire::opcode::close) {
    one.code = wire::close_code(payload);
    handler_.on_close(one.number);
    if (one.stands == standing::open) {
      queue(one, wire::opcode::close, payload.substr(0, 2));
      one.stands = standing::closing;
      --open_;
    }
  }
}

void crowd::say(std::size_t number, std::string_view text) {
  client& one = *clients_[number];
  if (one.stands == standing::open)
    queue(one, wire::opcode::text, text);
}

void crowd::close(std::size_t number) {
  client& one = *clients_[number];
  if (one.stands != standing::open)
    return;
  queue(one, wire::opcode::close, wire::close_payload(1000));
  one.has_asked_to_close = true;
  one.stands = standing::closing;
  --open_;
}

void crowd::stall(std::size_t number) {
  clients_[number]->is_stalled = true;
  watch(*clients_[number], 0);
}

void crowd::queue(client& one, wire::opcode kind, std::string_view payload) {
  wire::append_masked_frame(one.unsent, kind, payload,
                            std::bit_cast<wire::mask_key>(next_random()));
  if (!std::exchange(one.is_dirty, true))
    dirty_.push_back(&one);
}

void crowd::send_from(client& one) {
  if (one.unsent.empty())
    return;
  const ssize_t sent =
      ::send(one.socket.number(), one.unsent.data(), one.unsent.size(), MSG_NOSIGNAL);
  if (sent < 0 && errno != EAGAIN && errno != EINTR) {
    end(one, {.code = one.code, .was_asked = one.has_asked_to_close});
    return;
  }
  one.unsent.erase(0, sent < 0 ? 0 : static_cast<std::size_t>(sent));
  std::uint32_t events = 0;
  if (!one.is_stalled)
    events |= EPOLLIN;
  if (!one.unsent.empty())
    events |= EPOLLOUT;
  watch(one, events);
}

void crowd::watch(client& one, std::uint32_t events) {
  if (one.watched == events)
    return;
  epoll_event event{};
  event.events = one.watched = events;
  event.data.ptr = &one;
  if (::epoll_ctl(epoll_.number(), EPOLL_CTL_MOD, one.socket.number(), &event) != 0)
    wire::throw_errno("epoll_ctl");
}

void crowd::end(client& one, ending how) {
  if (one.stands == standing::open)
    --open_;
  one.stands = standing::absent;
  one.socket.reset();
  handler_.on_end(one.number, how);
}

std::uint32_t crowd::next_random() noexcept {
  // xorshift64*: good enough to keep payloads unpredictable to a middlebox, and fast.
  random_ ^= random_ >> 12U;
  random_ ^= random_ << 25U;
  random_ ^= random_ >> 27U;
  return static_cast<std::uint32_t>((random_ * 0x2545F4914F6CDD1DU) >> 32U);
}

} // namespace bench
