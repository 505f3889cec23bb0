#pragma once

#include <cstddef>
#include <cstdint>
#include <unordered_set>
#include <vector>

namespace bench {

/// What is wrong with the deliveries of a run; all zero in a good one.
struct faults {
  std::uint64_t lost = 0;
  std::uint64_t doubled = 0;
  std::uint64_t out_of_order = 0;
  /// Arrived where it should not have: at its own sender, or from a sender that does not exist.
  std::uint64_t misdirected = 0;
  /// Was not a payload of this run, or not a whole one.
  std::uint64_t damaged = 0;
  /// Connections that ended while the run needed them.
  std::uint64_t connections_lost = 0;

  [[nodiscard]] bool is_clean() const noexcept {
    return lost + doubled + out_of_order + misdirected + damaged + connections_lost == 0;
  }
};

/// Keeps account of which message of which sender has arrived at which client.
///
/// Every sender's messages must arrive at every client once and in the order of their numbers.
class ledger {
public:
  enum class verdict { in_order, late, doubled };

  ledger(std::size_t clients, std::size_t senders) : senders_{senders}, next_(clients * senders) {}

  /// Notes an arrival; `late` is one that a later message of the same sender has overtaken.
  verdict note(std::size_t client, std::size_t sender, std::uint32_t number) {
    std::uint32_t& next = next_[client * senders_ + sender];
    if (number == next) {
      ++next;
      return verdict::in_order;
    }
    return note_irregular(client, sender, number, next);
  }

  /// Adds what never came: `client` should have heard `published` messages of `sender`.
  void expect(std::size_t client, std::size_t sender, std::uint32_t published) {
    const std::uint32_t next = next_[client * senders_ + sender];
    if (next < published)
      found_.lost += published - next;
  }

  /// What has been found, with every message that was skipped and never came counted as lost.
  [[nodiscard]] faults found() const {
    faults result = found_;
    result.lost += missing_.size();
    return result;
  }

private:
  verdict note_irregular(std::size_t client, std::size_t sender, std::uint32_t number,
                         std::uint32_t& next) {
    const std::uint64_t column = (client * senders_ + sender) << 32U;
    if (number > next) {
      for (std::uint32_t skipped = next; skipped != number; ++skipped)
        missing_.insert(column | skipped);
      next = number + 1;
      return verdict::in_order;
    }
    if (missing_.erase(column | number) != 0) {
      ++found_.out_of_order;
      return verdict::late;
    }
    ++found_.doubled;
    return verdict::doubled;
  }

  std::size_t senders_;
  std::vector<std::uint32_t> next_;
  std::unordered_set<std::uint64_t> missing_;
  faults found_;
};

} // namespace bench
