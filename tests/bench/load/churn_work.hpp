#pragma once

#include "load/marked_text.hpp"
#include "load/options.hpp"
#include "load/work.hpp"

#include <vector>

namespace bench {

/// Clients come, perhaps have one message echoed, close in order and come again: the mode `churn`.
///
/// A delivery is one whole life of a connection, its latency the time from connecting to the 101. A
/// life is right when the server answers the close with code 1000 and then hangs up.
class churn_work final : public work {
public:
  explicit churn_work(const load_options& options);

  void gather(crowd& clients) override;
  void start(nanoseconds at) override;
  nanoseconds tick(nanoseconds at) override;
  void stop() override { is_stopped_ = true; }
  [[nodiscard]] bool is_exhausted() const override;
  [[nodiscard]] bool is_quiet() const override { return ended_.size() == options_.connections; }
  [[nodiscard]] faults check() override;

  void on_open(std::size_t client, nanoseconds since_connect) override;
  void on_message(std::size_t client, std::string_view text, nanoseconds at) override;
  void on_end(std::size_t client, const ending& how) override;

private:
  struct life {
    /// Which of the client's lives this is; also the number of the message it says.
    std::uint32_t number = 0;
    nanoseconds time_to_open = 0;
    bool is_echo_awaited = false;
  };

  const load_options& options_;
  crowd* clients_ = nullptr;
  marked_text text_;
  std::vector<life> lives_;
  /// Clients whose life has ended and that wait for the next.
  std::vector<std::size_t> ended_;
  bool is_stopped_ = false;
};

} // namespace bench
