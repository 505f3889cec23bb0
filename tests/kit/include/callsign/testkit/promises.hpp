/// \file
/// Whether everybody heard what was promised: nothing lost, nothing twice, one order for all.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace callsign::testkit {

/// What a program promises to its clients.
struct promise_options {
  /// The first message of each; empty: any.
  std::string greeting = {};
  /// What one says, the others hear. False: nothing is promised about that, only about order.
  bool everybody_hears = true;
  /// Who says something hears it, too.
  bool speakers_hear_themselves = false;
};

/// Writes down what clients said and heard, each as it happens to the client, and finds what is not
/// as promised. Every text must be said only once; what nobody of them said (greetings, notices) is
/// not looked at, the greeting excepted.
///
/// Promised are: the greeting first, and once; what is said is heard by everybody who was admitted
/// before and has not ended, by nobody twice; what several hear they hear in one order, and what
/// one said in the order in which it was said; each line ends once, and nothing is heard behind its
/// end.
///
/// @context one thread
class promises {
public:
  explicit promises(promise_options what = {}) : what_{std::move(what)} {}

  void admitted(std::string_view who);
  void said(std::string_view who, std::string_view text);
  void heard(std::string_view who, std::string_view text);
  /// It goes by itself, or hears nothing any more; nothing is lost to it from now on.
  void leaves(std::string_view who);
  /// It was told goodbye, was answered one, or was cut off.
  void ended(std::string_view who);

  /// What is broken, a line each. Call it when nothing is under way any more.
  [[nodiscard]] std::vector<std::string> broken() const;
  [[nodiscard]] std::size_t count_of_said() const noexcept { return said_.size(); }
  [[nodiscard]] std::size_t count_of_heard() const noexcept { return count_of_heard_; }

private:
  struct life {
    std::vector<std::string> heard;
    std::uint64_t since = 0; ///< when it was admitted
    bool is_admitted = false;
    bool is_leaving = false;
    bool has_ended = false;
  };
  struct saying {
    std::string who;
    std::uint64_t when;
  };
  life& life_of(std::string_view who);
  void check_greeting(const std::string& who, const life& its,
                      std::vector<std::string>& wrong) const;
  void check_loss(const std::string& who, const life& its, std::vector<std::string>& wrong) const;
  void check_speakers(const std::string& who, const life& its,
                      std::vector<std::string>& wrong) const;
  void check_order(std::vector<std::string>& wrong) const;

  promise_options what_;
  std::map<std::string, life, std::less<>> lives_;
  std::map<std::string, saying, std::less<>> said_;
  std::vector<std::string> noticed_; ///< at once
  std::uint64_t clock_ = 0;
  std::size_t count_of_heard_ = 0;
};

} // namespace callsign::testkit
