#pragma once

#include "load/marked_text.hpp"
#include "load/options.hpp"
#include "load/work.hpp"

#include <vector>

namespace bench {

/// Every client speaks and must hear its own words, once and in order: the mode `echo`.
///
/// Each has `window` messages under way; every echo brings the next.
class echo_work final : public work {
public:
  explicit echo_work(const load_options& options);

  void gather(crowd& clients) override;
  void start(nanoseconds at) override;
  nanoseconds tick(nanoseconds /*at*/) override { return nothing_due; }
  void stop() override { is_stopped_ = true; }
  [[nodiscard]] bool is_exhausted() const override;
  [[nodiscard]] bool is_quiet() const override { return awaited_ == 0; }
  [[nodiscard]] faults check() override;

  void on_message(std::size_t client, std::string_view text, nanoseconds at) override;
  void on_end(std::size_t client, const ending& how) override;

private:
  struct speaker {
    std::uint32_t said = 0;
    /// When each message under way was said, by message number.
    std::vector<nanoseconds> since;
  };

  void speak(std::size_t client, nanoseconds at);

  const load_options& options_;
  crowd* clients_ = nullptr;
  marked_text text_;
  ledger ledger_;
  std::vector<speaker> speakers_;
  std::uint64_t awaited_ = 0;
  bool is_stopped_ = false;
};

} // namespace bench
