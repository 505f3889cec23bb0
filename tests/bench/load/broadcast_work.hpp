#pragma once

#include "load/marked_text.hpp"
#include "load/options.hpp"
#include "load/promise_watch.hpp"
#include "load/work.hpp"

#include <optional>
#include <string>
#include <vector>

namespace bench {

/// Publishers speak, every client must hear: the modes `broadcast` and `rate`.
///
/// Publishers are clients like the others, spread evenly among them. In mode `broadcast` each has
/// at most `window` messages under way and says the next when its oldest has arrived everywhere. In
/// mode `rate` messages are due at fixed times, in turn from each publisher, and latency counts
/// from the time a message was due, so that a generator or server that falls behind cannot hide it.
class broadcast_work final : public work {
public:
  explicit broadcast_work(const load_options& options);

  void gather(crowd& clients) override;
  void start(nanoseconds at) override;
  nanoseconds tick(nanoseconds at) override;
  void stop() override { is_stopped_ = true; }
  [[nodiscard]] bool is_exhausted() const override;
  [[nodiscard]] bool is_quiet() const override { return awaited_ == 0; }
  void part() override;
  [[nodiscard]] faults check() override;
  [[nodiscard]] std::vector<std::string> broken_promises() const override;

  void on_open(std::size_t client, nanoseconds since_connect) override;
  void on_message(std::size_t client, std::string_view text, nanoseconds at) override;
  void on_close(std::size_t client) override;
  void on_end(std::size_t client, const ending& how) override;

private:
  struct under_way {
    nanoseconds since = 0;
    std::uint32_t missing = 0;
  };

  struct publisher {
    std::size_t client = 0;
    std::uint32_t published = 0;
    /// The first message that has not arrived everywhere.
    std::uint32_t oldest = 0;
    /// A ring, by message number.
    std::vector<under_way> messages;
  };

  [[nodiscard]] bool may_publish() const noexcept;
  void publish(std::size_t sender, nanoseconds since);
  void arrived(publisher& by, std::uint32_t number, nanoseconds at);

  const load_options& options_;
  crowd* clients_ = nullptr;
  marked_text text_;
  ledger ledger_;
  std::optional<promise_watch> promises_;
  std::vector<publisher> publishers_;
  std::uint32_t recipients_;
  /// Deliveries that are still to come.
  std::uint64_t awaited_ = 0;
  bool is_stopped_ = false;
  bool is_started_ = false;
  nanoseconds period_;
  nanoseconds next_due_ = 0;
  std::size_t next_publisher_ = 0;
};

} // namespace bench
