/// \file
/// Who chooses schedules.
#pragma once

#include "tests/kit/src/chart.hpp"

#include <callsign/testkit/scheduler.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace callsign::testkit {

/// For each step, which of the ready ones it was; behind the last, always the first.
using schedule_choices = std::vector<std::size_t>;

/// "0.2.1"; of the plain order, "0".
[[nodiscard]] std::string to_string(const schedule_choices& choices);
[[nodiscard]] std::optional<schedule_choices> choices_of(std::string_view text);

/// Remembers what it has chosen.
class explorer : public step_chooser {
public:
  std::size_t choose(const std::vector<step_view>& ready) final;

  [[nodiscard]] const schedule_choices& choices() const noexcept { return choices_; }
  [[nodiscard]] const std::vector<chart_row>& rows() const noexcept { return rows_; }
  /// The test cannot be explored.
  [[nodiscard]] const std::string& complaint() const noexcept { return complaint_; }

protected:
  [[nodiscard]] virtual std::size_t decide(const std::vector<step_view>& ready) = 0;
  void begin_again();
  void complain(std::string text) { complaint_ = std::move(text); }

private:
  schedule_choices choices_;
  std::vector<chart_row> rows_;
  std::string complaint_;
};

class random_explorer final : public explorer {
public:
  explicit random_explorer(std::uint64_t seed) : dice_{seed} {}
  void ran(const footprint&) override {}

private:
  std::size_t decide(const std::vector<step_view>& ready) override {
    return static_cast<std::size_t>(dice_() % ready.size());
  }
  std::mt19937_64 dice_;
};

class replaying_explorer final : public explorer {
public:
  explicit replaying_explorer(schedule_choices what) : what_{std::move(what)} {}
  void ran(const footprint&) override {}

private:
  std::size_t decide(const std::vector<step_view>& ready) override;
  schedule_choices what_;
  std::size_t next_ = 0;
};

/// Every schedule, one after the other, depth first. Those that differ only in the order of steps
/// that commute are run once: a step that was tried at a place stays asleep in what is tried there
/// later, until something wakes it that does not commute with it.
///
/// @source P. Godefroid, Partial-Order Methods for the Verification of Concurrent Systems, 1996:
/// sleep sets
class systematic_explorer final : public explorer {
public:
  explicit systematic_explorer(bool is_reduced) : is_reduced_{is_reduced} {}
  void ran(const footprint& touched) override;

  /// A run has ended.
  void finish();
  /// Prepares the next run. False: there is none.
  [[nodiscard]] bool next();
  [[nodiscard]] std::size_t schedules() const noexcept { return schedules_; }
  [[nodiscard]] std::size_t redundant() const noexcept { return redundant_; }
  [[nodiscard]] bool is_over() const noexcept { return path_.empty(); }

private:
  using sleepers = std::map<std::string, footprint>;
  struct node {
    std::vector<std::string> ready; ///< keys
    sleepers asleep;                ///< and those that were tried here
    std::size_t current = 0;
    footprint touched; ///< by the current one
  };
  std::size_t decide(const std::vector<step_view>& ready) override;
  [[nodiscard]] sleepers asleep_below(const node& above) const;

  bool is_reduced_;
  std::vector<node> path_;
  std::size_t depth_ = 0;
  bool is_redundant_ = false; ///< this run is like one before, whatever follows
  std::size_t schedules_ = 0;
  std::size_t redundant_ = 0;
};

} // namespace callsign::testkit
